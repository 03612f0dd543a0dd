using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class HostileDriverTests
{
    [Fact]
    public void Random_control_codes_are_survived()
    {
        var random = new Random(11);
        foreach (var name in new[] { "zero", "procblock", "protector" })
        {
            using var machine = SampleDrivers.With(name, out var driver);
            using (var device = machine.OpenDevice(driver.Devices[0]))
            {
                for (var round = 0; round < 100; round++)
                {
                    var input = new byte[random.Next(100)];
                    random.NextBytes(input);
                    device.Control(0x80000000 | (uint)random.Next(0x4000), input, random.Next(100));
                }
            }

            driver.Unload().Findings.ShouldBeEmpty();
        }
    }

    [Fact]
    public void What_is_no_driver_is_refused_with_a_reason()
    {
        using var machine = new LabMachine();
        Should.Throw<InputException>(() => machine.LoadDriver(new byte[100], "zeros.sys")).Message.ShouldStartWith("zeros.sys: ");
        Should.Throw<InputException>(() => machine.LoadDriver(Path.Combine(Path.GetTempPath(), "no such file.sys")));
    }

    [Fact]
    public void Each_machine_gives_its_memory_back()
    {
        using (new LabMachine())
        {
            // The first machine loads the library.
        }

        var before = Environment.WorkingSet;
        for (var i = 0; i < 100; i++)
        {
            using var machine = new LabMachine();
        }

        (Environment.WorkingSet - before).ShouldBeLessThan(100L << 20);
    }
}
