using NtScope.Callbacks;
using NtScope.Kernel.Drivers;
using NtScope.Kernel.Modules;
using NtScope.Kernel.Objects;
using NtScope.Kernel.Processes;
using NtScope.Testing.Kernel;

namespace NtScope.Tests.Kernel;

public class DamagedMemoryTests
{
    [Fact]
    public void Flipped_bits_never_end_a_walk_by_an_exception_and_never_keep_it_from_ending()
    {
        var random = new Random(20);
        for (var round = 0; round < 25; round++)
        {
            var (kernel, first) = Machine();
            for (var flips = random.Next(1, 200); flips > 0; flips--)
            {
                kernel.Flip(first + (ulong)random.NextInt64((long)(kernel.PoolEnd - first)), (byte)(1 << random.Next(8)));
            }

            Walk(kernel.ToTarget());
        }
    }

    [Fact]
    public void Pointers_that_lead_to_other_structures_never_end_a_walk_by_an_exception()
    {
        var random = new Random(21);
        for (var round = 0; round < 25; round++)
        {
            var (kernel, first) = Machine();
            var places = Enumerable.Range(0, (int)((kernel.PoolEnd - first) / 8)).Select(i => first + (ulong)i * 8)
                .Where(place => kernel.ReadPointer(place) >= kernel.Base && kernel.ReadPointer(place) < kernel.PoolEnd).ToArray();
            for (var swaps = random.Next(1, 40); swaps > 0; swaps--)
            {
                kernel.WritePointer(places[random.Next(places.Length)], kernel.ReadPointer(places[random.Next(places.Length)]));
            }

            Walk(kernel.ToTarget());
        }
    }

    private static (FakeKernel Kernel, VirtualAddress First) Machine()
    {
        var kernel = new FakeKernel("6.1.7601.24540");
        var first = kernel.PoolEnd;
        var processes = new FakeProcesses(kernel);
        processes.AddThread(processes.AddProcess(0x100, "a.exe"), 0x104);
        processes.AddThread(processes.AddProcess(0x200, "b.exe"), 0x204);
        var module = new Module { Name = "disk", Path = "disk.sys", Base = new VirtualAddress(0xFFFFF800_20000000), Size = 0x10000 };
        kernel.OtherModules.Add(module);
        var space = new FakeNamespace(kernel);
        var driver = space.AddDriver("disk", module, module.Base!.Value);
        space.AddDevice(driver, null, below: space.AddDevice(driver, "Harddisk0"));
        space.AddLink("C:", space.Global, @"\Device\Harddisk0");
        return (kernel, first);
    }

    private static void Walk(Target target)
    {
        ProcessAnalyser.Analyse(target).Rows.ShouldNotBeNull();
        ThreadAnalyser.Analyse(target).Rows.ShouldNotBeNull();
        ModuleAnalyser.Analyse(target).Rows.ShouldNotBeNull();
        ObjectAnalyser.Analyse(target).Rows.ShouldNotBeNull();
        DriverAnalyser.Analyse(target).Rows.ShouldNotBeNull();
        CallbackAnalyser.Analyse(target).Rows.ShouldNotBeNull();
    }
}
