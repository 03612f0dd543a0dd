using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

/// <summary>Runs alone: it measures the whole process.</summary>
[CollectionDefinition(nameof(MachineGrowthTests), DisableParallelization = true)]
[Collection(nameof(MachineGrowthTests))]
public sealed class MachineGrowthTests
{
    [Fact]
    public void Machines_with_drivers_give_their_memory_back()
    {
        var hostile = SampleDrivers.PathOf("hostile");
        var mechanisms = SampleDrivers.PathOf("mechanisms");
        Use(20);
        var first = Environment.WorkingSet;
        Use(60);
        var second = Environment.WorkingSet;
        Use(60);
        var third = Environment.WorkingSet;

        // What grows for each machine grows twice; what a collector has not yet given back does not.
        var slope = Math.Min(second - first, third - second) / 60;
        slope.ShouldBeLessThan(64L << 10, $"the process grows by {slope >> 10} KiB for each machine: {first >> 20}, {second >> 20}, {third >> 20} MiB");

        void Use(int machines)
        {
            for (var i = 0; i < machines; i++)
            {
                using var machine = new LabMachine();
                machine.LoadDriver(mechanisms);
                machine.LoadDriver(hostile);
                using var device = machine.OpenDevice(@"\\.\Mechanisms");
                device.Control(CodeOf(4), new byte[8], 8);
                using var stops = machine.OpenDevice(@"\\.\Hostile");
                Should.Throw<MachineStoppedException>(() => stops.Control(CodeOf(11)));
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
        }
    }

    private static uint CodeOf(int mistake) => 0x80000000 | (0xB00u + (uint)mistake) << 2;
}
