using System.Buffers.Binary;
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

    /// <summary>Has a driver that checks routines run one of its groups.</summary>
    /// <returns>The line of the check that failed; 0 if none did.</returns>
    public static uint RunGroup(LabMachine machine, LabDriver driver, int group)
    {
        using var device = machine.OpenDevice(driver.Devices[0]);
        var answer = device.Control(0x80000000 | (0xB00u + (uint)group) << 2, outputLength: sizeof(uint));
        answer.Status.ShouldBe(NtStatus.Success);
        return BinaryPrimitives.ReadUInt32LittleEndian(answer.Output);
    }

    /// <summary>A machine with a sample driver.</summary>
    public static LabMachine With(string name, out LabDriver driver, LabMachineOptions? options = null)
    {
        var path = PathOf(name);
        var machine = new LabMachine(options);
        driver = machine.LoadDriver(path);
        return machine;
    }
}
