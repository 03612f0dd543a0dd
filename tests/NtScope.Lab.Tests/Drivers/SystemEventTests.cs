using NtScope.Callbacks;
using NtScope.Lab.Drivers;
using NtScope.Lab.Machine.Kernel;

namespace NtScope.Lab.Tests.Drivers;

public sealed class SystemEventTests
{
    private const uint Crash = 0x80002000;

    [Theory]
    [InlineData("10.0.18362.476")]
    [InlineData("10.0.22000.795")]
    [InlineData("6.1.7601.24540")]
    public void Registrations_for_events_of_the_system_stand_in_the_kernels_lists(string version)
    {
        var options = new LabMachineOptions { Kernel = LabKernel.Wide.First(kernel => kernel.Version.ToString() == version) };
        using var machine = SampleDrivers.With("events", out var driver, options);
        using (var target = machine.AsTarget())
        {
            var rows = CallbackAnalyser.Analyse(target).Rows;
            rows.SelectMany(row => row.Findings).ShouldBeEmpty();
            rows.Where(row => row.Module == "events").Select(row => (row.Kind, row.Symbol, row.Detail)).ShouldBe(
                [
                    (CallbackKinds.BugCheck, "events!OnBugCheck", "events"),
                    (CallbackKinds.BugCheckReason, "events!OnDump", "events, secondary-dump-data"),
                    (CallbackKinds.Shutdown, "events!OnShutdown", ShutdownDetail(rows, CallbackKinds.Shutdown)),
                    (CallbackKinds.LastChanceShutdown, "events!OnShutdown", ShutdownDetail(rows, CallbackKinds.LastChanceShutdown)),
                    (CallbackKinds.FileSystem, "events!OnFileSystem", @"\Driver\events"),
                    (CallbackKinds.LogonSession, "events!OnSession", null),
                    (CallbackKinds.NonMaskableInterrupt, "events!OnInterrupt", null),
                ],
                ignoreOrder: true);
        }

        driver.Unload().Findings.ShouldBeEmpty();
        using (var target = machine.AsTarget())
        {
            CallbackAnalyser.Analyse(target).Rows.ShouldBeEmpty();
        }
    }

    [Fact]
    public void A_shutdown_is_told_to_devices_and_then_to_those_that_wanted_the_last_chance()
    {
        using var machine = SampleDrivers.With("events", out var driver);
        machine.EndLogonSession(0x3E4);
        machine.EndLogonSession(0x3E7);
        machine.Shutdown();
        machine.DebugOutput.ShouldBe(
            ["events: logon session 3e7 ends", "events: the second device is told of the shutdown", "events: the first device is told of the shutdown"]);
        machine.Shutdown();
        machine.DebugOutput.Count.ShouldBe(3);
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Callbacks_are_called_when_the_system_stops()
    {
        using var machine = SampleDrivers.With("events", out _);
        using (var device = machine.OpenDevice(@"\\.\Events"))
        {
            Should.Throw<MachineStoppedException>(() => device.Control(Crash));
        }

        machine.DebugOutput.ShouldBe(["events: the system stops at level 15 with 'events state', 16 bytes", "events: adds 16 bytes to the dump"]);
        machine.Findings.ShouldHaveSingleItem().Detail.ShouldStartWith("bug check 0xE2");
        machine.Stopped!.Stack.ShouldContain(frame => frame.StartsWith("events!Control", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_registration_that_fails_is_survived()
    {
        for (var call = 1; call <= 9; call++)
        {
            using var machine = SampleDrivers.With("events", out var driver, new LabMachineOptions { FaultInjection = new FaultInjection { FailCall = call } });
            if ((int)driver.Status >= 0)
            {
                driver.Unload();
            }

            machine.Findings.ShouldBeEmpty($"call {call} failing");
        }
    }

    private static string? ShutdownDetail(IEnumerable<CallbackRow> rows, string kind) => rows.Single(row => row.Kind == kind && row.Detail!.EndsWith(@" of \Driver\events", StringComparison.Ordinal)).Detail;
}
