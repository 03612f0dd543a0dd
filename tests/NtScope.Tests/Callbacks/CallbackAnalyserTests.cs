using System.Text;
using NtScope.Callbacks;
using NtScope.Symbols;
using NtScope.Testing.Kernel;

namespace NtScope.Tests.Callbacks;

public class CallbackAnalyserTests
{
    private static readonly Module Monitor = new() { Name = "monitor", Path = "monitor.sys", Base = new VirtualAddress(0xFFFFF800_20000000), Size = 0x10000 };
    private readonly FakeKernel _kernel = new();

    public CallbackAnalyserTests()
    {
        _kernel.OtherModules.Add(Monitor);
        foreach (var head in new[]
        {
            "CallbackListHead", "KeBugCheckCallbackListHead", "KeBugCheckReasonCallbackListHead", "IopNotifyShutdownQueueHead",
            "IopNotifyLastChanceShutdownQueueHead", "IopFsNotifyChangeQueueHead",
        })
        {
            _kernel.InitializeList(_kernel.Symbol(head));
        }
    }

    private static VirtualAddress Routine => Monitor.Base!.Value + 0x1000;

    [Fact]
    public void A_machine_where_nobody_registered_has_no_rows_and_no_notes()
    {
        var report = CallbackAnalyser.Analyse(_kernel.ToTarget());

        report.Rows.ShouldBeEmpty();
        report.Notes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("PspCreateProcessNotifyRoutine", "process", "PsSetCreateProcessNotifyRoutineEx")]
    [InlineData("PspCreateThreadNotifyRoutine", "thread", "PsSetCreateThreadNotifyRoutineEx (subsystems)")]
    [InlineData("PspLoadImageNotifyRoutine", "image", null)]
    public void A_notify_routine_is_listed_with_its_slot_owner_and_form(string array, string kind, string? form)
    {
        Notify(array, slot: 3, Routine, flags: 2);

        var row = CallbackAnalyser.Analyse(_kernel.ToTarget()).Rows.ShouldHaveSingleItem();

        (row.Kind, row.Slot, row.Address, row.Module, row.Detail).ShouldBe((kind, 3, Routine, "monitor", form));
        row.Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_routine_outside_modules_is_found()
    {
        Notify("PspCreateProcessNotifyRoutine", 0, new VirtualAddress(0xFFFFF880_00001000), 0);

        CallbackAnalyser.Analyse(_kernel.ToTarget()).Rows.ShouldHaveSingleItem().Findings.ShouldHaveSingleItem().Kind.ShouldBe("outside-modules");
    }

    [Fact]
    public void Registry_callbacks_have_their_altitude()
    {
        var entry = _kernel.Allocate("CMcb", 0x50);
        _kernel.InsertTail(_kernel.Symbol("CallbackListHead"), entry);
        _kernel.WritePointer(entry + 0x28, Routine);
        _kernel.WriteText(entry + 0x30, "385201.5");

        var row = CallbackAnalyser.Analyse(_kernel.ToTarget()).Rows.ShouldHaveSingleItem();

        (row.Kind, row.Address, row.Detail).ShouldBe(("registry", Routine, "altitude 385201.5"));
    }

    [Fact]
    public void Object_callbacks_have_their_type_operations_and_altitude_before_and_after()
    {
        var registration = _kernel.Allocate("ObCb", 0x20);
        _kernel.WriteText(registration + 0x10, "321000");
        var entry = _kernel.Allocate("ObCb", 0x40);
        var type = _kernel.TypeObject("Process");
        _kernel.InsertTail(type + _kernel.OffsetOf("_OBJECT_TYPE", "CallbackList"), entry);
        _kernel.WriteNumber(entry + 0x10, 3 | (1UL << 32));
        _kernel.WritePointer(entry + 0x18, registration);
        _kernel.WritePointer(entry + 0x20, type);
        _kernel.WritePointer(entry + 0x28, Routine);
        _kernel.WritePointer(entry + 0x30, Routine + 0x40);

        var rows = CallbackAnalyser.Analyse(_kernel.ToTarget()).Rows;

        rows.Select(row => (row.Kind, row.Address, row.Detail)).ShouldBe(
        [
            ("object", Routine, "pre, Process, create and duplicate, altitude 321000"),
            ("object", Routine + 0x40, "post, Process, create and duplicate, altitude 321000"),
        ]);
    }

    [Fact]
    public void System_events_are_listed()
    {
        var component = _kernel.Allocate("Text", 16);
        _kernel.Write(component, Encoding.ASCII.GetBytes("MONITOR"));
        var record = _kernel.Allocate("Bugc", 0x40);
        _kernel.InsertTail(_kernel.Symbol("KeBugCheckReasonCallbackListHead"), record);
        _kernel.WritePointer(record + 0x10, Routine);
        _kernel.WritePointer(record + 0x18, component);
        _kernel.WriteNumber(record + 0x28, 2);

        var space = new FakeNamespace(_kernel);
        var driver = space.AddDriver("monitor", Monitor, Routine);
        space.SetDispatch(driver, 0x10, Routine + 0x80);
        var packet = _kernel.Allocate("IoSh", 0x18);
        _kernel.InsertTail(_kernel.Symbol("IopNotifyShutdownQueueHead"), packet);
        _kernel.WritePointer(packet + 0x10, space.AddDevice(driver, null));

        var chained = _kernel.Allocate("SeFs", 0x10);
        _kernel.WritePointer(_kernel.Symbol("SeFileSystemNotifyRoutinesHead"), chained);
        _kernel.WritePointer(chained + 8, Routine + 0xC0);

        var rows = CallbackAnalyser.Analyse(_kernel.ToTarget()).Rows;

        rows.Select(row => (row.Kind, row.Address)).ShouldBe(
            [("bugcheck-reason", Routine), ("shutdown", Routine + 0x80), ("logon-session", Routine + 0xC0)]);
        rows[0].Detail.ShouldBe("MONITOR, secondary-dump-data");
        rows[1].Detail!.ShouldEndWith(@"of \Driver\monitor");
    }

    [Fact]
    public void A_cyclic_list_ends_and_is_said()
    {
        var entry = _kernel.Allocate("CMcb", 0x50);
        _kernel.InsertTail(_kernel.Symbol("CallbackListHead"), entry);
        _kernel.WritePointer(entry, entry);
        _kernel.WritePointer(_kernel.Symbol("CallbackListHead") + 8, entry);

        CallbackAnalyser.Analyse(_kernel.ToTarget()).Notes.ShouldContain(note => note.StartsWith("registry", StringComparison.Ordinal) && note.Contains("comes back", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_symbols_the_code_of_an_export_leads_to_the_array_and_the_rest_is_said_to_be_missing()
    {
        // PsSetCreateProcessNotifyRoutine: jmp to a routine that does lea r13, [PspCreateProcessNotifyRoutine]; ret
        Notify("PspCreateProcessNotifyRoutine", 0, Routine, 0);
        var export = _kernel.Symbol("PsSetCreateProcessNotifyRoutine");
        var inner = export + 0x2000;
        byte[] jump = [0xE9, .. BitConverter.GetBytes(0x2000 - 5)];
        byte[] load = [0x4C, 0x8D, 0x2D, .. BitConverter.GetBytes((int)(_kernel.Symbol("PspCreateProcessNotifyRoutine").Value - (inner.Value + 7))), 0xC3];
        _kernel.Write(export, jump);
        _kernel.Write(inner, load);
        _kernel.Symbols = new SymbolTable([.. _kernel.Symbols.All().Where(symbol => symbol.Name is "PsSetCreateProcessNotifyRoutine")]);

        var report = CallbackAnalyser.Analyse(_kernel.ToTarget());

        report.Rows.ShouldHaveSingleItem().Address.ShouldBe(Routine);
        report.Notes.ShouldContain(note => note.Contains("by the code of nt!PsSetCreateProcessNotifyRoutine", StringComparison.Ordinal));
        report.Notes.ShouldContain(note => note.Contains("kind registry are not listed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_lock_that_stands_before_the_array_and_is_used_before_it_is_not_taken_for_it(bool isFilled)
    {
        if (isFilled)
        {
            Notify("PspCreateProcessNotifyRoutine", 0, Routine, 0);
        }

        // lea rcx,[lock]; lea r13,[PspCreateProcessNotifyRoutine]; lea rdi,[r13+rbx*8]; ret
        var export = _kernel.Symbol("PsSetCreateProcessNotifyRoutine");
        var array = _kernel.Symbol("PspCreateProcessNotifyRoutine");
        byte[] code =
        [
            0x48, 0x8D, 0x0D, .. BitConverter.GetBytes((int)(array.Value - 8 - (export.Value + 7))),
            0x4C, 0x8D, 0x2D, .. BitConverter.GetBytes((int)(array.Value - (export.Value + 14))),
            0x49, 0x8D, 0x7C, 0xDD, 0x00, 0xC3,
        ];
        _kernel.Write(export, code);
        _kernel.Symbols = new SymbolTable([.. _kernel.Symbols.All().Where(symbol => symbol.Name is "PsSetCreateProcessNotifyRoutine")]);

        var report = CallbackAnalyser.Analyse(_kernel.ToTarget());

        report.Notes.ShouldContain(note => note.Contains($"PspCreateProcessNotifyRoutine was found at {array} by the code", StringComparison.Ordinal));
        report.Rows.Select(row => (row.Slot, row.Address)).ShouldBe(isFilled ? [(0, (VirtualAddress?)Routine)] : []);
    }

    private void Notify(string array, uint slot, VirtualAddress routine, ulong flags)
    {
        var block = _kernel.Allocate("Cbrb", 0x18);
        _kernel.WritePointer(block + 8, routine);
        _kernel.WriteNumber(block + 16, flags);
        _kernel.WriteNumber(_kernel.Symbol(array) + slot * 8, block.Value | 0xF);
    }
}
