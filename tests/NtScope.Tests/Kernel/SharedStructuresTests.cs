using System.Diagnostics.CodeAnalysis;
using NtScope.Callbacks;
using NtScope.Kernel;
using NtScope.Kernel.Drivers;
using NtScope.Kernel.Objects;
using NtScope.Kernel.Processes;
using NtScope.Symbols.Types;
using NtScope.Testing.Kernel;

namespace NtScope.Tests.Kernel;

/// <summary>What many structures share must not be visited, or listed, for each of them without end.</summary>
public class SharedStructuresTests
{
    private readonly FakeKernel _kernel = new();

    [Fact]
    public void Directories_that_share_a_chain_are_visited_up_to_one_allowance()
    {
        FakeSharing.AddDirectories(_kernel, new FakeNamespace(_kernel), 600);

        var report = ObjectAnalyser.Analyse(_kernel.ToTarget());

        report.Notes.ShouldContain(note => note.StartsWith($"The namespace goes on past {Limits.NamespaceObjects} objects", StringComparison.Ordinal));
        report.Notes.Count.ShouldBeLessThanOrEqualTo(Limits.Notes);
    }

    [Fact]
    public void Drivers_that_share_a_list_of_devices_list_no_more_of_them_than_a_machine_can_have()
    {
        FakeSharing.AddDevices(_kernel, new FakeNamespace(_kernel), drivers: 60, devices: 1500);

        var report = DriverAnalyser.Analyse(_kernel.ToTarget());

        report.Rows.Sum(row => row.Devices.Count).ShouldBe(Limits.Devices);
        report.Rows.Sum(row => row.Devices.Sum(device => device.Stack.Count)).ShouldBe(Limits.AttachedDevices);
        report.Notes.ShouldContain(note => note == $"Only {Limits.Devices} devices are listed; there are more.");
        report.Notes.ShouldContain(note => note == $"Only {Limits.AttachedDevices} attached devices are named; there are more.");
    }

    [Fact]
    public void A_device_in_the_lists_of_two_drivers_is_foreign_to_one_of_them()
    {
        FakeSharing.AddDevices(_kernel, new FakeNamespace(_kernel), drivers: 2, devices: 2);

        var rows = DriverAnalyser.Analyse(_kernel.ToTarget()).Rows;

        rows.SelectMany(row => row.Devices).Count(device => device.Findings.Any(finding => finding.Kind == "foreign-device")).ShouldBe(2);
        rows[0].Devices.Select(device => device.Stack.Count).ShouldBe([0, 1]);
    }

    [Fact]
    public void Minifilters_that_share_operations_and_instances_make_no_endless_rows_or_texts()
    {
        FakeSharing.AddFilters(_kernel, filters: 200, instances: 64);

        var report = CallbackAnalyser.Analyse(_kernel.ToTarget());

        report.Rows.Count.ShouldBeLessThanOrEqualTo(Limits.CallbackRows);
        report.Rows.Max(row => row.Detail!.Length).ShouldBeLessThan(2 * Limits.FilterDetailCharacters);
        report.Notes.ShouldContain(note => note.StartsWith("The filter manager's lists go on past", StringComparison.Ordinal));
        report.Rows[0].Findings.ShouldContain(finding => finding.Kind == FindingKinds.TextCut);
    }

    [Fact]
    public void A_table_of_identifiers_whose_pages_cannot_be_read_is_said_in_one_sentence()
    {
        _ = new FakeProcesses(_kernel);
        FakeSharing.AddUnreadableIdentifiers(_kernel);

        var report = ProcessAnalyser.Analyse(_kernel.ToTarget(), new SurveyOptions { ScanPool = false });

        report.Notes.Where(note => note.Contains("handle table", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain("65536 of its pages");
    }

    [Fact]
    public void A_table_of_identifiers_full_of_objects_that_do_not_exist_lists_no_more_than_a_machine_can_have()
    {
        _ = new FakeProcesses(_kernel);
        FakeSharing.AddSelfIdentifiers(_kernel, pages: 600);

        var report = ThreadAnalyser.Analyse(_kernel.ToTarget(), options: new SurveyOptions { ScanPool = false });

        report.Rows.Count.ShouldBe(Limits.ListedThreads);
        report.Notes.ShouldContain(note => note == $"Only {Limits.ListedThreads} threads are listed; there are more.");
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(4u, 0u)]
    [InlineData(8u, 8u)]
    [InlineData(16u, 15u)]
    [InlineData(16u, uint.MaxValue)]
    [InlineData(0x10000u, 8u)]
    public void Layouts_of_handles_that_a_symbol_file_makes_up_end_no_walk_by_an_exception(uint size, uint accessOffset)
    {
        _ = new FakeProcesses(_kernel);
        var number = new TypeReference(TypeKind.Base, "unsigned long", 4);
        var layout = new StructureLayout("_HANDLE_TABLE_ENTRY", size, [new FieldLayout("GrantedAccess", accessOffset, number)]);

        var report = ProcessAnalyser.Analyse(_kernel.ToTarget(new ReplacedLayout(_kernel.Known.Types, layout)), new SurveyOptions { ScanPool = false });

        report.Rows.ShouldContain(row => row.Name == "System");
    }

    [Fact]
    public void Walks_end_when_they_are_cancelled()
    {
        var space = new FakeNamespace(_kernel);
        FakeSharing.AddDevices(_kernel, space, drivers: 2, devices: 2);
        var target = _kernel.ToTarget();
        using var source = new CancellationTokenSource();
        source.Cancel();
        var options = new SurveyOptions { ScanPool = false, Cancellation = source.Token };

        Should.Throw<OperationCanceledException>(() => ObjectAnalyser.Analyse(target, options: options));
        Should.Throw<OperationCanceledException>(() => CallbackAnalyser.Analyse(target, options));
        Should.Throw<OperationCanceledException>(() => DriverAnalyser.Analyse(target, options));
        Should.Throw<OperationCanceledException>(() => ProcessAnalyser.Analyse(target, options));
        Should.Throw<OperationCanceledException>(() => ThreadAnalyser.Analyse(target, options: options));
    }

    [Fact]
    public void A_name_without_end_is_cut_and_found()
    {
        var space = new FakeNamespace(_kernel);
        space.AddDirectory(new string('x', 30_000), space.Device);

        var row = ObjectAnalyser.Analyse(_kernel.ToTarget()).Rows.Single(row => row.Path.StartsWith(@"\Device\x", StringComparison.Ordinal));

        row.Path.Length.ShouldBe(@"\Device\".Length + Limits.NameCharacters + 1);
        row.Path[^1].ShouldBe(KernelText.CutMark);
        row.Findings.ShouldHaveSingleItem().Kind.ShouldBe(FindingKinds.TextCut);
    }

    [Fact]
    public void A_chain_of_callbacks_that_cannot_be_followed_is_said()
    {
        _kernel.WritePointer(_kernel.Symbol("SeFileSystemNotifyRoutinesHead"), new VirtualAddress(0xFFFFF900_00001000));

        CallbackAnalyser.Analyse(_kernel.ToTarget()).Notes.ShouldContain(note => note.StartsWith("logon-session callbacks", StringComparison.Ordinal) && note.Contains("cannot be followed past", StringComparison.Ordinal));
    }

    private sealed class ReplacedLayout(ITypeSource types, StructureLayout replaced) : ITypeSource
    {
        public string Origin => "a symbol file";

        public int PointerSize => types.PointerSize;

        public IEnumerable<string> StructureNames => types.StructureNames;

        public bool TryGetStructure(string name, [NotNullWhen(true)] out StructureLayout? layout)
        {
            layout = name == replaced.Name ? replaced : null;
            return layout is not null || types.TryGetStructure(name, out layout);
        }

        public bool TryGetEnumeration(string name, [NotNullWhen(true)] out EnumerationLayout? layout) => types.TryGetEnumeration(name, out layout);
    }
}
