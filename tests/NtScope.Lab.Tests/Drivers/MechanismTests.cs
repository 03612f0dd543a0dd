using System.Buffers.Binary;
using System.Text;
using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class MechanismTests
{
    [Theory]
    [InlineData(0, 0xC0000005)]
    [InlineData(1, 0xC0000094)]
    [InlineData(2, 0xC00000F1)]
    [InlineData(3, 0xC0000005)]
    public void Exceptions_run_termination_handlers_and_end_in_the_except_block(byte what, uint code)
    {
        using var machine = SampleDrivers.With("mechanisms", out var driver);
        using (var device = machine.OpenDevice(@"\\.\Mechanisms"))
        {
            Values(device.Control(Code(0), [what, 0, 0, 0, 0, 0, 0, 0], 8)).ShouldBe([code, 1]);
            Values(device.Control(Code(0), [what, 0, 0, 0, 0, 0, 0, 0], 8)).ShouldBe([code, 2]);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_periodic_timer_queues_its_DPC_as_time_passes()
    {
        using var machine = SampleDrivers.With("mechanisms", out var driver);
        using (var device = machine.OpenDevice(@"\\.\Mechanisms"))
        {
            device.Control(Code(1)).Status.ShouldBe(NtStatus.Success);
            Values(device.Control(Code(2), outputLength: 8))[0].ShouldBe(0u);
            machine.Advance(TimeSpan.FromMilliseconds(105));
            Values(device.Control(Code(2), outputLength: 8))[0].ShouldBe(10u);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_work_item_runs_on_a_system_thread()
    {
        using var machine = SampleDrivers.With("mechanisms", out var driver);
        using (var device = machine.OpenDevice(@"\\.\Mechanisms"))
        {
            for (var i = 0; i < 5; i++)
            {
                device.Control(Code(3)).Status.ShouldBe(NtStatus.Success);
            }

            Values(device.Control(Code(2), outputLength: 8))[1].ShouldBe(5u);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Threads_wait_for_one_another_in_virtual_time()
    {
        using var machine = SampleDrivers.With("mechanisms", out var driver);
        var before = machine.Time;
        using (var device = machine.OpenDevice(@"\\.\Mechanisms"))
        {
            Values(device.Control(Code(4), outputLength: 8)).ShouldBe([0x102u, 0u]);
        }

        (machine.Time - before).TotalSeconds.ShouldBeInRange(1.0, 1.1);
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_pending_request_is_completed_or_cancelled()
    {
        using var machine = SampleDrivers.With("mechanisms", out var driver);
        using (var device = machine.OpenDevice(@"\\.\Mechanisms"))
        {
            var first = device.BeginControl(Code(5));
            first.IsCompleted.ShouldBeFalse();
            device.Control(Code(6)).Status.ShouldBe(NtStatus.Success);
            first.Wait().Status.ShouldBe(NtStatus.Success);
            var second = device.BeginControl(Code(5));
            second.Cancel().ShouldBeTrue();
            second.Wait().Status.ShouldBe(NtStatus.Cancelled);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Requests_of_a_cancel_safe_queue_are_completed_in_order_cancelled_or_cleaned_up()
    {
        using var machine = SampleDrivers.With("mechanisms", out var driver);
        using (var device = machine.OpenDevice(@"\\.\Mechanisms"))
        {
            var requests = Enumerable.Range(0, 4).Select(_ => device.BeginControl(Code(8))).ToArray();
            requests.ShouldAllBe(request => !request.IsCompleted);
            requests[0].Cancel().ShouldBeTrue();
            requests[0].Wait().Status.ShouldBe(NtStatus.Cancelled);
            requests[0].Cancel().ShouldBeFalse();
            device.Control(Code(9)).Status.ShouldBe(NtStatus.Success);
            requests.Select(request => request.IsCompleted).ShouldBe([true, true, false, false]);
            requests[1].Wait().Status.ShouldBe(NtStatus.Success);
            device.Dispose();
            requests.Skip(2).Select(request => request.Wait().Status).ShouldBe([NtStatus.Cancelled, NtStatus.Cancelled]);
        }

        using (var device = machine.OpenDevice(@"\\.\Mechanisms"))
        {
            device.Control(Code(9)).Status.ShouldBe(NtStatus.NoMoreEntries);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Debug_output_is_formatted_as_the_kernel_does()
    {
        using var machine = SampleDrivers.With("mechanisms", out _);
        using var device = machine.OpenDevice(@"\\.\Mechanisms");
        var result = device.Control(Code(7), outputLength: 16).Output;
        machine.DebugOutput.ShouldBe(
        [
            "[   42|42   |00042|+42|beef|0XBEEF|1234567890|18446744073709551615|0000000000001234]",
            "[text|tex|    text|text    |wide|wide|wide|c|%]",
        ]);
        BinaryPrimitives.ReadInt32LittleEndian(result).ShouldBe(3);
        Encoding.Unicode.GetString(result.AsSpan(4, 6)).ShouldBe("7-x");
    }

    [Fact]
    public void Machines_come_and_go()
    {
        var path = SampleDrivers.PathOf("mechanisms");
        for (var i = 0; i < 50; i++)
        {
            using var machine = new LabMachine();
            machine.LoadDriver(path).Status.ShouldBe(NtStatus.Success);
        }
    }

    private static uint Code(uint number) => 0x80002C00 + (number * 4);

    private static uint[] Values(LabIoResult result)
    {
        result.Status.ShouldBe(NtStatus.Success);
        var values = new uint[result.Output.Length / 4];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadUInt32LittleEndian(result.Output.AsSpan(i * 4));
        }

        return values;
    }
}
