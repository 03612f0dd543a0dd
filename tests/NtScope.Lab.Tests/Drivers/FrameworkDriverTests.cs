using System.Buffers.Binary;
using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class FrameworkDriverTests
{
    private const uint GetStatistics = 0x80002000;
    private const uint WaitForTick = 0x80002400;
    private const uint Sleep = 0x80002404;
    private const uint Level = 0x80003000;
    private const uint Hold = 0x80003004;
    private const uint Reverse = 0x8000300B;
    private const string Clock = @"\\.\ROOT#LAB#0000#{5f1b8f0e-3a52-4c4b-9d1e-216b0f7a4410}";

    [Fact]
    public void A_control_device_reads_writes_and_counts()
    {
        using var machine = SampleDrivers.With("kmdfzero", out var driver);
        driver.Status.ShouldBe(NtStatus.Success);
        driver.UnimplementedImports.ShouldBeEmpty();
        driver.Devices.ShouldBe([@"\Device\KmdfZero"]);
        using (var device = machine.OpenDevice(@"\\.\KmdfZero"))
        {
            device.OpenStatus.ShouldBe(NtStatus.Success);
            device.Read(5000).Output.ShouldBe(new byte[5000]);
            device.Read(0).Status.ShouldBe(NtStatus.Success);
            device.Write(new byte[1234]).Information.ShouldBe(1234UL);
            var statistics = device.Control(GetStatistics, outputLength: 24);
            statistics.Information.ShouldBe(24UL);
            Numbers(statistics.Output).ShouldBe([5000, 1234, 1]);
            device.Control(GetStatistics, outputLength: 23).Status.ShouldBe(NtStatus.BufferTooSmall);
            device.Control(0x80002020).Status.ShouldBe(NtStatus.InvalidDeviceRequest);
        }

        var report = driver.Unload();
        report.Status.ShouldBe(NtStatus.Success);
        report.Findings.ShouldBeEmpty();
        machine.DebugOutput.ShouldBe([@"kmdfzero: loaded from \REGISTRY\MACHINE\SYSTEM\ControlSet001\Services\kmdfzero", "kmdfzero: unloaded"]);
        using var gone = machine.OpenDevice(@"\\.\KmdfZero");
        gone.OpenStatus.ShouldBe(NtStatus.ObjectNameNotFound);
    }

    [Fact]
    public void Each_call_of_the_framework_can_fail_and_nothing_is_left()
    {
        var tried = new HashSet<string>(StringComparer.Ordinal);
        var failed = new List<string>();
        while (true)
        {
            using var machine = SampleDrivers.With("kmdfzero", out var driver, new LabMachineOptions { FaultInjection = new FaultInjection { TriedStacks = tried } });
            machine.Findings.ShouldBeEmpty();
            if (machine.FailedCall.Count == 0)
            {
                driver.Status.ShouldBe(NtStatus.Success);
                break;
            }

            driver.Status.ShouldBe(NtStatus.InsufficientResources);
            failed.Add(machine.FailedCall[0]);
        }

        failed.ShouldBe(
            ["nt!WdfVersionBind", "nt!WdfDriverCreate", "nt!WdfControlDeviceInitAllocate", "nt!WdfDeviceCreate", "nt!WdfIoQueueCreate", "nt!WdfDeviceCreateSymbolicLink"]);
    }

    [Fact]
    public void A_function_driver_gets_a_device_that_is_started_and_removed()
    {
        using var machine = SampleDrivers.With("kmdfclock", out var driver);
        driver.Status.ShouldBe(NtStatus.Success);
        driver.Devices.ShouldBe([@"\Device\LabBus0"]);
        machine.DebugOutput.ShouldBe(["kmdfclock: hardware is prepared", "kmdfclock: power from 5"]);
        using (var device = machine.OpenDevice(Clock))
        {
            device.OpenStatus.ShouldBe(NtStatus.Success);
            Number(device.Read(4)).ShouldBe(0u);
            machine.Advance(TimeSpan.FromMilliseconds(250));
            Number(device.Read(4)).ShouldBe(2u);
        }

        driver.Unload().Findings.ShouldBeEmpty();
        machine.DebugOutput.ShouldBe(
            ["kmdfclock: hardware is prepared", "kmdfclock: power from 5", "kmdfclock: power to 5", "kmdfclock: hardware is released"]);
        machine.OpenDevice(Clock).OpenStatus.ShouldBe(NtStatus.ObjectNameNotFound);
    }

    [Fact]
    public void Requests_in_a_manual_queue_wait_for_the_timer_or_are_cancelled()
    {
        using var machine = SampleDrivers.With("kmdfclock", out var driver);
        using (var device = machine.OpenDevice(Clock))
        {
            var first = device.BeginControl(WaitForTick, outputLength: 4);
            var second = device.BeginControl(WaitForTick, outputLength: 4);
            first.IsCompleted.ShouldBeFalse();
            second.Cancel().ShouldBeTrue();
            second.Wait().Status.ShouldBe(NtStatus.Cancelled);
            machine.DebugOutput[^1].ShouldBe("kmdfclock: a request no longer waits");
            Number(first.Wait()).ShouldBe(1u);
            Number(device.Control(WaitForTick, outputLength: 4)).ShouldBe(2u);
            device.Control(WaitForTick).Status.ShouldBe(NtStatus.BufferTooSmall);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_request_that_the_driver_holds_ends_with_its_timer_or_is_cancelled()
    {
        using var machine = SampleDrivers.With("kmdfclock", out var driver);
        using (var device = machine.OpenDevice(Clock))
        {
            var start = machine.Time;
            device.Control(Sleep, BitConverter.GetBytes(40)).Status.ShouldBe(NtStatus.Success);
            (machine.Time - start).TotalMilliseconds.ShouldBeInRange(40, 41);
            var request = device.BeginControl(Sleep, BitConverter.GetBytes(60_000));
            request.IsCompleted.ShouldBeFalse();
            request.Cancel().ShouldBeTrue();
            request.Wait().Status.ShouldBe(NtStatus.Cancelled);
            request.Cancel().ShouldBeFalse();
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Removal_stops_and_cancels_what_the_driver_still_has()
    {
        using var machine = SampleDrivers.With("kmdfclock", out var driver);
        LabRequest sleeping, waiting;
        using (var device = machine.OpenDevice(Clock))
        {
            sleeping = device.BeginControl(Sleep, BitConverter.GetBytes(60_000));
            waiting = device.BeginControl(WaitForTick, outputLength: 4);
        }

        driver.Unload().Findings.ShouldBeEmpty();
        waiting.Wait().Status.ShouldBe(NtStatus.Cancelled);
        sleeping.Wait().Status.ShouldBe(NtStatus.Cancelled);
    }

    [Fact]
    public void A_filter_sends_requests_on_and_has_the_rest_pass()
    {
        using var machine = SampleDrivers.With("kmdffilter", out var driver);
        driver.Status.ShouldBe(NtStatus.Success);
        using (var device = machine.OpenDevice(driver.Devices[0]))
        {
            device.OpenStatus.ShouldBe(NtStatus.Success);
            device.Control(0x80002800, outputLength: 16).ShouldSatisfyAllConditions(result => result.Status.ShouldBe(NtStatus.Success), result => result.Information.ShouldBe(1UL));
            device.Control(0x80002804, outputLength: 16).ShouldSatisfyAllConditions(result => result.Status.ShouldBe(NtStatus.Success), result => result.Information.ShouldBe(2UL));
            device.Control(0x80002808).Status.ShouldBe(NtStatus.InvalidDeviceRequest);
            device.Read(4).Status.ShouldBe(NtStatus.InvalidDeviceRequest);
        }

        driver.Unload().Findings.ShouldBeEmpty();
        machine.DebugOutput.ShouldBe(["kmdffilter: a request came back with 0xC0000010", "kmdffilter: it is 0xC0000010 below"]);
    }

    [Fact]
    public void A_driver_of_an_old_framework_has_the_functions_in_memory_of_its_own()
    {
        using var machine = SampleDrivers.With("kmdfold", out var driver);
        using (var device = machine.OpenDevice(@"\\.\KmdfZero"))
        {
            device.Read(16).Output.ShouldBe(new byte[16]);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Serial", 2)]
    [InlineData("Passive", 0)]
    [InlineData("Caller", 0)]
    public void Routines_run_at_the_level_that_scope_and_execution_level_ask_for(string name, uint level)
    {
        using var machine = SampleDrivers.With("kmdfqueues", out var driver);
        driver.Status.ShouldBe(NtStatus.Success);
        using (var device = machine.OpenDevice(@"\\.\Kmdf" + name))
        {
            Number(device.Control(Level, outputLength: 4)).ShouldBe(level);
            var held = device.BeginControl(Hold, outputLength: 4);
            var next = device.BeginControl(Level, outputLength: 4);
            next.IsCompleted.ShouldBeFalse("a sequential queue presents one request at a time");
            Number(held.Wait()).ShouldBe(2u, "timers expire at DISPATCH_LEVEL");

            // Without a passive level the next request is presented where the first one is completed.
            Number(next.Wait()).ShouldBe(name == "Passive" ? 0u : 2u);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_driver_may_look_at_requests_in_the_context_of_their_caller()
    {
        using var machine = SampleDrivers.With("kmdfqueues", out var driver);
        using (var device = machine.OpenDevice(@"\\.\KmdfCaller"))
        {
            device.Control(Reverse, [1, 2, 3], 3).Output.ShouldBe([3, 2, 1]);
            device.Control(Reverse, [1, 2, 3], 2).Status.ShouldBe(NtStatus.BufferTooSmall);
            device.Write([1]).Information.ShouldBe(1UL, "the preprocess routine counts writes");
            device.Write([1]).Information.ShouldBe(2UL);
        }

        machine.Shutdown();
        machine.DebugOutput.ShouldBe(["kmdfqueues: the system shuts down"]);
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void Functions_of_the_framework_do_what_they_say(int group)
    {
        using var machine = SampleDrivers.With("kmdfroutines", out var driver);
        driver.Status.ShouldBe(NtStatus.Success);
        using (var device = machine.OpenDevice(@"\\.\KmdfRoutines\abc"))
        {
            var result = device.Control(0x80000000 | (0xB00u + (uint)group) << 2, new byte[16], 4);
            result.Status.ShouldBe(NtStatus.Success);
            BinaryPrimitives.ReadUInt32LittleEndian(result.Output).ShouldBe(0u, "the line of kmdfroutines.c whose check failed");
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0, "irp-completed-twice")]
    [InlineData(1, "irp-never-completed")]
    [InlineData(2, "object-leak")]
    [InlineData(3, "cancel-routine")]
    [InlineData(4, "bad-object")]
    [InlineData(5, "irql")]
    [InlineData(6, "object-leak")]
    [InlineData(7, "lock-held")]
    [InlineData(8, "unimplemented")]
    [InlineData(9, "pool-overrun")]
    [InlineData(10, "use-after-free")]
    [InlineData(11, "recursive-lock")]
    [InlineData(12, "spin-deadlock")]
    [InlineData(13, "bad-object")]
    [InlineData(14, "bad-irp")]
    [InlineData(15, "bad-object")]
    [InlineData(16, "use-after-free")]
    [InlineData(17, "lock-not-held")]
    [InlineData(18, "bad-object")]
    [InlineData(19, "information-too-large")]
    [InlineData(20, "irql")]
    [InlineData(21, "irql")]
    [InlineData(22, "lock-held")]
    [InlineData(23, "unimplemented")]
    public void Each_mistake_is_found(int mistake, string kind)
    {
        using var machine = SampleDrivers.With("kmdffaults", out var driver);
        try
        {
            using (var device = machine.OpenDevice(@"\\.\KmdfFaults"))
            {
                device.BeginControl(0x80000000 | (0xB00u + (uint)mistake) << 2, new byte[16], 16);
            }

            driver.Unload();
        }
        catch (MachineStoppedException stopped)
        {
            stopped.Finding.ShouldBe(machine.Stopped);
        }

        machine.Findings.Count(finding => finding.Kind == kind).ShouldBe(1, string.Join(Environment.NewLine, machine.Findings));
        machine.Findings.ShouldAllBe(finding => finding.Driver == "kmdffaults.sys");
    }

    [Fact]
    public void A_function_that_is_not_there_may_return_what_a_script_says()
    {
        using var machine = SampleDrivers.With(
            "kmdffaults", out var driver, new LabMachineOptions { ScriptedReturns = new Dictionary<string, ulong>(StringComparer.Ordinal) { ["WdfUsbTargetDeviceCreate"] = 0 } });
        using (var device = machine.OpenDevice(@"\\.\KmdfFaults"))
        {
            device.Control(0x80000000 | (0xB00u + 8) << 2, new byte[16], 16).Status.ShouldBe(NtStatus.Success);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    private static uint Number(LabIoResult result)
    {
        result.Status.ShouldBe(NtStatus.Success);
        return BinaryPrimitives.ReadUInt32LittleEndian(result.Output);
    }

    private static long[] Numbers(byte[] bytes) => [.. Enumerable.Range(0, bytes.Length / 8).Select(i => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(i * 8)))];
}
