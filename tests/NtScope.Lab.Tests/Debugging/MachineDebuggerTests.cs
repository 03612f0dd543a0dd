using NtScope.Debugging;
using NtScope.Debugging.Execution;
using NtScope.Lab.Drivers;
using NtScope.Lab.Tests.Drivers;

namespace NtScope.Lab.Tests.Debugging;

/// <summary>The debugger on a machine that runs: what a session of WinDbg over a virtual machine shows.</summary>
public sealed class MachineDebuggerTests : IDisposable
{
    private LabDebugger? _machine;
    private DebuggerSession? _session;

    public void Dispose()
    {
        _session?.Dispose();
        _machine?.Dispose();
    }

    [Fact]
    public void A_deferred_breakpoint_stops_the_machine_before_the_drivers_first_instruction()
    {
        Start("zero");
        Show("bp zero!DriverEntry").ShouldBe("Bp expression 'zero!DriverEntry' could not be resolved, adding deferred bp\n");
        Show("bl").ShouldBe(" 0 eu                       0001 (0001) (zero!DriverEntry)\n");
        var stop = Run("g");
        stop.Stop.Kind.ShouldBe(StopKind.Breakpoint);
        stop.Hit!.Number.ShouldBe(0);
        Text(stop).ShouldMatch("^Breakpoint 0 hit\nzero!DriverEntry:\n[0-9a-f`]{17} 56 +push +rsi\n$");
        Show("k").ShouldMatch("^Child-SP +RetAddr +Call Site\n[0-9a-f`]{17} [0-9a-f`]{17} zero!DriverEntry\n[0-9a-f`]{17} 00000000`00000000 nt!KiSystemServiceCopyEnd\n$");
        Show("? poi(@rcx+0n24)-zero").ShouldStartWith("Evaluate expression: 0 ");
        Run("g").Stop.ShouldSatisfyAllConditions(
            idle => idle.Kind.ShouldBe(StopKind.Idle),
            idle => idle.Output.ShouldContain("DriverEntry returned Success"));
    }

    [Fact]
    public void Steps_go_into_calls_over_them_and_out_of_them()
    {
        Start("zero");
        Show("bp zero!DriverEntry");
        Run("g");
        var start = Register("rsp");
        Text(Run("t")).ShouldStartWith("zero!DriverEntry+0x1:\n");
        Register("rsp").ShouldBe(start - 8);
        while (Next() is var line && !line.Contains("call", StringComparison.Ordinal))
        {
            Run("p");
        }

        var behind = Register("rip") + Length();
        Text(Run("p"));
        Register("rip").ShouldBe(behind);
        while (Next() is var line && !line.Contains("call", StringComparison.Ordinal))
        {
            Run("p");
        }

        behind = Register("rip") + Length();
        Run("t");
        Register("rip").ShouldNotBe(behind);
        Run("gu");
        Register("rip").ShouldBe(behind);
    }

    [Fact]
    public void A_request_stops_in_the_drivers_routine_and_registers_change_what_it_does()
    {
        Start("zero");
        Run("g");
        Show("bp zero!ZeroRead");
        Run(@".lab read \\.\Zero 16").Hit!.Number.ShouldBe(0);
        Show("!process -1 0").ShouldContain("client.exe");
        Show("r").ShouldMatch(@"^rax=[0-9a-f]{16} rbx=[0-9a-f]{16} rcx=[0-9a-f]{16}\n(?s:.*)\nzero!ZeroRead:\n");
        Text(Run("gu")).ShouldContain("Success (0x00000000), information 16");

        // A return in place of the routine: the request is never completed by it.
        Show("bc *; bp zero!ZeroControl");
        Run(@".lab ioctl \\.\Zero 0x80002000 - 16");
        Show("r rip=poi(@rsp); r rsp=@rsp+8; r rax=c0000010");
        Text(Run("g")).ShouldNotContain("Success");
    }

    [Fact]
    public void An_access_stops_behind_the_instruction_that_makes_it()
    {
        Start("zero");
        Run("g");
        Show("ba w8 zero!g_read");
        var stop = Run(@".lab read \\.\Zero 16");
        stop.Stop.Kind.ShouldBe(StopKind.Access);
        Show("dq zero!g_read L1").ShouldContain("00000000`00000010");
        Run("g").Stop.Kind.ShouldBe(StopKind.Idle);
    }

    [Fact]
    public void Breakpoints_count_passes_run_commands_and_can_be_disabled()
    {
        Start("zero");
        Run("g");
        Show("bp zero!ZeroRead 2 \"r @rdx; ? 1\"");
        Run(@".lab read \\.\Zero 16").Stop.Kind.ShouldBe(StopKind.Idle);
        var stop = Run(@".lab read \\.\Zero 16");
        stop.Hit!.Number.ShouldBe(0);
        stop.Commands.Count.ShouldBe(2);
        Text(stop).ShouldContain("Evaluate expression: 1 ");
        Show("bd 0");
        Run("g");
        Run(@".lab read \\.\Zero 16").Stop.Kind.ShouldBe(StopKind.Idle);
        Show("be 0; bl").ShouldContain("zero!ZeroRead");
        Should.Throw<DebuggerException>(() => Show("bc 7")).Message.ShouldContain("does not exist");
    }

    [Fact]
    public void A_bug_check_breaks_in_where_it_happens()
    {
        Start("broken15");
        Run("g");
        var stop = Run(@".lab ioctl \\.\Broken 0x80002003 00000000000000000000000000000000 16");
        stop.Stop.Kind.ShouldBe(StopKind.Failure);
        Text(stop).ShouldContain("A fatal system error has occurred.");
        var analysis = Show("!analyze -v");
        analysis.ShouldContain("Bugcheck Analysis");
        analysis.ShouldContain("bug check 0x");
        analysis.ShouldContain("MODULE_NAME: broken15");
        Show("k").ShouldContain("broken15!");
        Run("g").Stop.Kind.ShouldBe(StopKind.Idle);
        Show("lm m broken15").ShouldContain("broken15");
    }

    [Fact]
    public void What_happens_on_the_machine_is_seen_by_the_commands_that_look()
    {
        Start("procmon");
        Run("g");
        Show("!callbacks module=procmon").ShouldContain("procmon!OnProcess");
        Text(Run(@".lab start C:\new.exe")).ShouldContain("process ");
        Show("!process 0 0 new.exe").ShouldContain("Image: new.exe");
        Run(".lab unload procmon");
        Show("!callbacks module=procmon").ShouldNotContain("procmon!");
        Should.Throw<DebuggerException>(() => Show("t")).Message.ShouldContain("runs no code");
    }

    private void Start(string driver)
    {
        _machine = new LabDebugger(new LabMachineOptions { Windows = true }, [SampleDrivers.PathOf(driver)]);
        _session = new DebuggerSession(_machine);
    }

    private StopResult Run(string line) => _session!.Run(line, TestContext.Current.CancellationToken).Last().ShouldBeOfType<StopResult>();

    private string Show(string line) => string.Concat(_session!.Run(line, TestContext.Current.CancellationToken).Select(Text));

    private ulong Register(string name) => _session!.TryGetRegister(name, out var value) ? value : throw new InvalidOperationException($"no {name}");

    private string Next() => Show("u @rip L1");

    private ulong Length() => (ulong)(Next().Split('\n')[1].Split(' ')[1].Length / 2);

    private static string Text(ICommandResult result)
    {
        using var writer = new StringWriter();
        result.Write(writer, TestContext.Current.CancellationToken);
        return writer.ToString();
    }
}
