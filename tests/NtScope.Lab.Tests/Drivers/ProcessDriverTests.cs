using System.Buffers.Binary;
using System.Text;
using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class ProcessDriverTests
{
    private const uint BlockAdd = 0x8000A400;
    private const uint BlockClear = 0x8000A407;
    private const uint ProtectAdd = 0x8000A800;
    private const uint ProtectRemove = 0x8000A804;
    private const uint ProcessTerminate = 0x0001;
    private const uint ProcessVmRead = 0x0010;

    [Fact]
    public void The_monitor_sees_processes_threads_and_images_in_order()
    {
        using var machine = SampleDrivers.With("procmon", out var driver);
        driver.Status.ShouldBe(NtStatus.Success);
        var process = machine.StartProcess(@"C:\Windows\notepad.exe", "notepad.exe a.txt");
        var thread = process.StartThread();
        process.EndThread(thread);
        process.Exit((NtStatus)7);
        using (var device = machine.OpenDevice(@"\\.\ProcMon"))
        {
            Events(device.Read(4096).Output).ShouldBe(
            [
                (1u, process.Id, machine.Client.Id, "notepad.exe a.txt"),
                (3u, process.Id, process.ThreadId, string.Empty),
                (5u, process.Id, 0u, @"\Device\HarddiskVolume1\Windows\notepad.exe"),
                (5u, process.Id, 0u, @"\Device\HarddiskVolume1\Windows\System32\ntdll.dll"),
                (3u, process.Id, thread, string.Empty),
                (4u, process.Id, thread, string.Empty),
                (4u, process.Id, process.ThreadId, string.Empty),
                (2u, process.Id, 7u, string.Empty),
            ]);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void The_monitor_keeps_the_newest_thousand_events_and_frees_the_rest()
    {
        using var machine = SampleDrivers.With("procmon", out var driver);
        for (var i = 0; i < 400; i++)
        {
            machine.StartProcess(@"C:\a.exe").Exit();
        }

        using (var device = machine.OpenDevice(@"\\.\ProcMon"))
        {
            Events(device.Read(1 << 20).Output).Count.ShouldBe(1000);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Only_one_client_may_open_a_device_that_is_exclusive()
    {
        using var machine = SampleDrivers.With("procmon", out _);
        using var first = machine.OpenDevice(@"\\.\ProcMon");
        using var second = machine.OpenDevice(@"\\.\ProcMon");
        first.OpenStatus.ShouldBe(NtStatus.Success);
        second.OpenStatus.ShouldBe(NtStatus.AccessDenied);
    }

    [Fact]
    public void The_blocker_keeps_named_executables_from_starting()
    {
        using var machine = SampleDrivers.With("procblock", out var driver);
        using (var device = machine.OpenDevice(@"\\.\ProcBlock"))
        {
            device.Control(BlockAdd, Encoding.Unicode.GetBytes("CALC.exe")).Status.ShouldBe(NtStatus.Success);
            var blocked = machine.StartProcess(@"C:\Windows\System32\calc.exe");
            blocked.IsAlive.ShouldBeFalse();
            blocked.ExitStatus.ShouldBe(NtStatus.AccessDenied);
            machine.StartProcess(@"C:\Windows\System32\notcalc.exe").IsAlive.ShouldBeTrue();
            device.Control(BlockClear).Status.ShouldBe(NtStatus.Success);
            machine.StartProcess(@"C:\Windows\System32\calc.exe").IsAlive.ShouldBeTrue();
            device.Control(BlockAdd, new byte[3]).Status.ShouldBe(NtStatus.InvalidBufferSize);
        }

        machine.DebugOutput.ShouldHaveSingleItem().ShouldEndWith(@"(\??\C:\Windows\System32\calc.exe) is not allowed");
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void The_protector_takes_the_right_to_terminate_away()
    {
        using var machine = SampleDrivers.With("protector", out var driver);
        var guarded = machine.StartProcess(@"C:\guarded.exe");
        var other = machine.StartProcess(@"C:\other.exe");
        using (var device = machine.OpenDevice(@"\\.\Protector"))
        {
            device.Control(ProtectAdd, Bytes(guarded.Id)).Status.ShouldBe(NtStatus.Success);
            guarded.Open(ProcessTerminate | ProcessVmRead, other, out var granted).ShouldBe(NtStatus.Success);
            granted.ShouldBe(ProcessVmRead);
            guarded.Duplicate(ProcessTerminate | ProcessVmRead, from: guarded, to: other, out granted).ShouldBe(NtStatus.Success);
            granted.ShouldBe(ProcessVmRead);
            guarded.Terminate(by: other).ShouldBe(NtStatus.AccessDenied);
            guarded.IsAlive.ShouldBeTrue();
            device.Control(ProtectRemove, Bytes(guarded.Id)).Status.ShouldBe(NtStatus.Success);
            guarded.Terminate(by: other).ShouldBe(NtStatus.Success);
            guarded.IsAlive.ShouldBeFalse();
            device.Control(ProtectRemove, Bytes(guarded.Id)).Status.ShouldBe(NtStatus.NotFound);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_driver_that_was_linked_without_integritycheck_may_not_watch_processes()
    {
        using var machine = SampleDrivers.With("unchecked", out var driver);
        driver.Status.ShouldBe(NtStatus.AccessDenied);
        var finding = driver.Findings.ShouldHaveSingleItem();
        finding.Kind.ShouldBe("integrity-check");
        finding.Routine.ShouldBe("PsSetCreateProcessNotifyRoutineEx");
        finding.Detail.ShouldContain("link with /integritycheck");
    }

    [Fact]
    public void Windows_does_not_go_on_without_its_first_processes()
    {
        using var machine = new LabMachine();
        Should.Throw<MachineStoppedException>(() => machine.Processes.First(process => process.Id == 4).Terminate()).Finding.Detail.ShouldContain("CriticalProcessDied");
    }

    [Fact]
    public void The_user_of_the_machine_goes_on_when_its_process_is_ended()
    {
        using var machine = SampleDrivers.With("zero", out var driver);
        machine.Client.Terminate().ShouldBe(NtStatus.Success);
        machine.Client.IsAlive.ShouldBeFalse();
        using (var device = machine.OpenDevice(driver.Devices[0]))
        {
            device.Read(8).Status.ShouldBe(NtStatus.Success);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_thread_of_a_process_is_opened_by_those_who_know_it()
    {
        using var machine = new LabMachine();
        var process = machine.StartProcess(@"C:\a.exe");
        process.OpenThread(process.ThreadId, 1, by: null, out var granted).ShouldBe(NtStatus.Success);
        granted.ShouldBe(1u);
        process.OpenThread(machine.Client.ThreadId, 1, by: null, out granted).ShouldBe(NtStatus.InvalidCid);
    }

    private static byte[] Bytes(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static List<(uint Kind, uint Process, uint Other, string Text)> Events(byte[] buffer)
    {
        var events = new List<(uint, uint, uint, string)>();
        for (var at = 0; at < buffer.Length;)
        {
            var item = buffer.AsSpan(at);
            var textBytes = BinaryPrimitives.ReadUInt16LittleEndian(item[24..]);
            events.Add((
                BinaryPrimitives.ReadUInt32LittleEndian(item[4..]), BinaryPrimitives.ReadUInt32LittleEndian(item[16..]),
                BinaryPrimitives.ReadUInt32LittleEndian(item[20..]), Encoding.Unicode.GetString(item.Slice(26, textBytes))));
            at += (int)BinaryPrimitives.ReadUInt32LittleEndian(item);
        }

        return events;
    }
}
