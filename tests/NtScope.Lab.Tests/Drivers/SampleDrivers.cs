using NtScope.Lab.Drivers;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Drivers;

/// <summary>Machines with sample drivers.</summary>
internal static class SampleDrivers
{
    /// <summary>The paths of all sample drivers.</summary>
    public static IReadOnlyList<string> All => CompiledDrivers.All;

    /// <summary>The path of a sample driver; skips the running test if it cannot be built.</summary>
    public static string PathOf(string name) => CompiledDrivers.PathOf(name);

    /// <summary>A machine with a sample driver.</summary>
    public static LabMachine With(string name, out LabDriver driver, LabMachineOptions? options = null)
    {
        var path = PathOf(name);
        var machine = new LabMachine(options);
        driver = machine.LoadDriver(path);
        return machine;
    }
}
