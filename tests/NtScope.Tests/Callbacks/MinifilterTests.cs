using NtScope.Callbacks;
using NtScope.Symbols;
using NtScope.Testing.Kernel;

namespace NtScope.Tests.Callbacks;

public class MinifilterTests
{
    private const uint Globals = 0x800;
    private static readonly VirtualAddress Manager = new(0xFFFFF800_20000000);
    private static readonly VirtualAddress Backup = new(0xFFFFF800_30000000);

    private readonly FakeKernel _kernel = new();

    [Fact]
    public void A_filter_has_its_operations_altitude_and_instances()
    {
        // The filter manager lies in the fake kernel's pool, where it can be read.
        var image = _kernel.Allocate("Imag", 0x1000);
        var module = new Module
        {
            Name = "fltmgr",
            Path = "fltmgr.sys",
            Base = image,
            Size = 0x1000,
            Types = FakeFilterLayouts.Create(),
            Symbols = new SymbolTable([new Symbol("FltGlobals", Globals, NameSource.Symbol)]),
        };
        _kernel.OtherModules.Add(module);
        _kernel.OtherModules.Add(new Module { Name = "backup", Path = "backup.sys", Base = Backup, Size = 0x1000 });
        var frames = image + Globals + 0x78;
        _kernel.InitializeList(frames);
        var frame = _kernel.Allocate("FMfr", 0x100);
        _kernel.InsertTail(frames, frame + 8);
        _kernel.InitializeList(frame + 0x48 + 0x68);
        var filter = _kernel.Allocate("FMfl", 0x200);
        _kernel.InsertTail(frame + 0x48 + 0x68, filter + 0x10);
        _kernel.WriteText(filter + 0x38, "backup");
        _kernel.WriteText(filter + 0x48, "280700");
        _kernel.InitializeList(filter + 0x68 + 0x68);
        var volume = _kernel.Allocate("FMvo", 0x100);
        _kernel.WriteText(volume + 0x60, @"\Device\HarddiskVolume2");
        var instance = _kernel.Allocate("FMis", 0x100);
        _kernel.InsertTail(filter + 0x68 + 0x68, instance + 0x70);
        _kernel.WriteText(instance + 0x50, "280700");
        _kernel.WriteText(instance + 0x60, "Backup Instance");
        _kernel.WritePointer(instance + 0x40, volume);
        var operations = _kernel.Allocate("FMop", 0x40);
        _kernel.WriteByte(operations, 4);
        _kernel.WritePointer(operations + 8, Backup + 0x100);
        _kernel.WriteByte(operations + 0x20, 0x80);
        _kernel.WritePointer(filter + 0x1A8, operations);
        _kernel.WritePointer(filter + 0x100, Manager);

        var rows = CallbackAnalyser.Analyse(_kernel.ToTarget()).Rows.Where(row => row.Kind == "minifilter").ToList();

        rows.Select(row => (row.Address, row.Module, row.Detail)).ShouldBe(
        [
            (Backup + 0x100, "backup", @"pre IRP_MJ_WRITE, backup, altitude 280700; instance Backup Instance at 280700 on \Device\HarddiskVolume2"),
            (Manager, null, @"unload, backup, altitude 280700; instance Backup Instance at 280700 on \Device\HarddiskVolume2"),
        ]);
        rows[0].Findings.ShouldBeEmpty();
        rows[1].Findings.ShouldHaveSingleItem().Kind.ShouldBe("outside-modules");
    }

    [Fact]
    public void Without_the_filter_managers_layouts_its_filters_are_said_to_be_missing()
    {
        _kernel.OtherModules.Add(new Module { Name = "fltmgr", Path = "fltmgr.sys", Base = Manager, Size = 0x1000 });

        CallbackAnalyser.Analyse(_kernel.ToTarget()).Notes.ShouldContain(note => note.StartsWith("Minifilters are not listed", StringComparison.Ordinal));
    }
}
