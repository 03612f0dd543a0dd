using NtScope.Kernel.Objects;
using NtScope.Symbols;
using NtScope.Testing.Kernel;

namespace NtScope.Tests.Kernel;

public class ObjectAnalyserTests
{
    private readonly FakeKernel _kernel = new();

    [Fact]
    public void Every_object_has_its_path_its_type_and_where_its_link_leads()
    {
        var space = new FakeNamespace(_kernel);
        var disk = _kernel.CreateObject("Device", "_DEVICE_OBJECT", "HarddiskVolume1", space.Device);
        space.AddLink("C:", space.Global, @"\Device\HarddiskVolume1");
        space.AddLink("DosDevices", space.Root, @"\GLOBAL??");
        space.AddLink("Boot", space.Root, @"\DosDevices\C:");

        var report = ObjectAnalyser.Analyse(_kernel.ToTarget());

        report.Rows.Select(row => (row.Path, row.TypeName, row.LinkTarget)).ShouldBe(
        [
            (@"\Boot", "SymbolicLink", @"\DosDevices\C:"),
            (@"\Device", "Directory", null),
            (@"\Device\HarddiskVolume1", "Device", null),
            (@"\DosDevices", "SymbolicLink", @"\GLOBAL??"),
            (@"\Driver", "Directory", null),
            (@"\GLOBAL??", "Directory", null),
            (@"\GLOBAL??\C:", "SymbolicLink", @"\Device\HarddiskVolume1"),
        ]);
        report.Rows.Single(row => row.Path == @"\Boot").ResolvesTo.ShouldBe(disk);
        report.Rows.SelectMany(row => row.Findings).ShouldBeEmpty();
        report.Notes.ShouldBeEmpty();
    }

    [Fact]
    public void A_folder_of_the_namespace_can_be_listed_alone()
    {
        var space = new FakeNamespace(_kernel);
        space.AddDirectory("Http", space.Device);

        ObjectAnalyser.Analyse(_kernel.ToTarget(), @"\device\").Rows.Select(row => row.Path).ShouldBe([@"\Device", @"\Device\Http"]);
        Should.Throw<InputException>(() => ObjectAnalyser.Analyse(_kernel.ToTarget(), @"\Nothing")).Message.ShouldContain(@"\Nothing");
    }

    [Fact]
    public void Links_in_a_circle_lead_nowhere()
    {
        var space = new FakeNamespace(_kernel);
        space.AddLink("A", space.Root, @"\B");
        space.AddLink("B", space.Root, @"\A");

        ObjectAnalyser.Analyse(_kernel.ToTarget()).Rows.Single(row => row.Path == @"\A").ResolvesTo.ShouldBeNull();
    }

    [Fact]
    public void Two_objects_of_one_path_are_both_listed()
    {
        var space = new FakeNamespace(_kernel);
        var first = _kernel.CreateObject("Device", "_DEVICE_OBJECT", "Null", space.Device);
        var second = _kernel.CreateObject("Device", "_DEVICE_OBJECT", "null", space.Device);

        var rows = ObjectAnalyser.Analyse(_kernel.ToTarget()).Rows.Where(row => row.Path.Equals(@"\Device\Null", StringComparison.OrdinalIgnoreCase)).ToList();

        rows.Select(row => row.Object).ShouldBe([first, second], ignoreOrder: true);
        rows.SelectMany(row => row.Findings).ShouldHaveSingleItem().Kind.ShouldBe("duplicate-path");
    }

    [Fact]
    public void A_directory_inside_itself_is_entered_once()
    {
        var space = new FakeNamespace(_kernel);
        var entry = _kernel.Allocate("ObDi", 0x20);
        _kernel.WritePointer(entry + 8, space.Device);
        _kernel.WritePointer(space.Device + _kernel.OffsetOf("_OBJECT_DIRECTORY", "HashBuckets"), entry);

        var report = ObjectAnalyser.Analyse(_kernel.ToTarget());

        report.Rows.Select(row => row.Path).ShouldContain(path => path == @"\Device\Device");
        report.Notes.ShouldHaveSingleItem().ShouldContain("more than once");
    }

    [Fact]
    public void A_chain_that_comes_back_to_itself_is_said()
    {
        var space = new FakeNamespace(_kernel);
        var entry = _kernel.Allocate("ObDi", 0x20);
        _kernel.WritePointer(entry, entry);
        _kernel.WritePointer(entry + 8, space.Driver);
        _kernel.WritePointer(space.Device + _kernel.OffsetOf("_OBJECT_DIRECTORY", "HashBuckets"), entry);

        ObjectAnalyser.Analyse(_kernel.ToTarget()).Notes.ShouldContain(note => note.Contains("breaks off", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_symbols_the_root_and_the_cookie_come_from_exported_types()
    {
        var space = new FakeNamespace(_kernel);
        var types = space.AddDirectory("ObjectTypes", space.Root);
        foreach (var name in new[] { "Type", "Directory", "SymbolicLink", "Device" })
        {
            var exported = _kernel.CreateObject("Type", "_OBJECT_TYPE", name, types);
            _kernel.WriteText(exported + _kernel.OffsetOf("_OBJECT_TYPE", "Name"), name);
            _kernel.WriteByte(exported + _kernel.OffsetOf("_OBJECT_TYPE", "Index"), name switch { "Type" => 2, "Directory" => 3, "SymbolicLink" => 4, _ => 10 });
        }

        var process = _kernel.CreateObject("Type", "_OBJECT_TYPE", "Process", types);
        _kernel.WriteText(process + _kernel.OffsetOf("_OBJECT_TYPE", "Name"), "Process");
        _kernel.WriteByte(process + _kernel.OffsetOf("_OBJECT_TYPE", "Index"), 7);
        _ = new FakeProcesses(_kernel);
        _kernel.WritePointer(_kernel.Symbol("PsProcessType"), process);
        _kernel.Symbols = new SymbolTable(_kernel.Symbols.All().Where(symbol => symbol.Name is "PsInitialSystemProcess" or "PsProcessType"));

        var report = ObjectAnalyser.Analyse(_kernel.ToTarget());

        report.Rows.Select(row => (row.Path, row.TypeName)).ShouldContain((@"\Device", "Directory"));
        report.Rows.Select(row => (row.Path, row.TypeName)).ShouldContain((@"\ObjectTypes\Process", "Type"));
    }
}
