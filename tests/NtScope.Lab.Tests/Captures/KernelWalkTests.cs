using NtScope.Callbacks;
using NtScope.Images;
using NtScope.Kernel.Drivers;
using NtScope.Kernel.Modules;
using NtScope.Kernel.Objects;
using NtScope.Kernel.Processes;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Machine;
using NtScope.Targets;

namespace NtScope.Lab.Tests.Captures;

/// <summary>What the analysers say of captures of lab machines: all that is there, and nothing else.</summary>
public sealed class KernelWalkTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ntscope-walk-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("10.0.14393.4583", CaptureFormat.Bitmap)]
    [InlineData("10.0.17763.379", CaptureFormat.Elf)]
    [InlineData("10.0.18362.476", CaptureFormat.Raw)]
    [InlineData("10.0.19041.1288", CaptureFormat.Dump)]
    [InlineData("10.0.20348.288", CaptureFormat.Bitmap)]
    [InlineData("10.0.22000.795", CaptureFormat.Bitmap)]
    [InlineData("6.3.9600.19913", CaptureFormat.Bitmap)]
    [InlineData("6.1.7601.24540", CaptureFormat.Bitmap)]
    [InlineData("10.0.19041.2130", CaptureFormat.Bitmap)]
    public void A_clean_machine_is_shown_whole_and_without_findings(string version, CaptureFormat format)
    {
        using var machine = Build(version);
        using var target = Save(machine, format);

        var processes = ProcessAnalyser.Analyse(target);
        processes.Rows.Select(row => (row.Pid, row.ParentPid, row.Name, row.Object)).ShouldBe(machine.Processes.OrderBy(process => process.Id)
            .Select(process => ((long?)process.Id, (long?)process.ParentId, (string?)process.Name, process.Object)));
        processes.Rows.Select(row => row.Session).ShouldBe(machine.Processes.OrderBy(process => process.Id).Select(process => (long?)process.Session));
        processes.Rows.ShouldAllBe(row => row.SeenBy.Any(source => source == "list") && row.SeenBy.Any(source => source == "pool") && row.SeenBy.Any(source => source == "threads"));
        processes.Rows.SelectMany(row => row.Findings).ShouldBeEmpty();

        var threads = ThreadAnalyser.Analyse(target);
        threads.Rows.Count.ShouldBe(machine.Processes.Sum(process => process.Threads.Count));
        threads.Rows.SelectMany(row => row.Findings).ShouldBeEmpty();

        var modules = ModuleAnalyser.Analyse(target);
        modules.Rows.SelectMany(row => row.Findings).ShouldBeEmpty();
        modules.Rows.Where(row => row.Unloaded is null).Select(row => row.Base).ShouldBe(machine.Modules.Select(module => (VirtualAddress?)module.Base), ignoreOrder: true);

        var objects = ObjectAnalyser.Analyse(target);
        objects.Rows.Select(row => row.Path).ShouldContain(path => path == @"\ObjectTypes\Process");
        objects.Rows.ShouldAllBe(row => row.TypeName != null);
        objects.Rows.SelectMany(row => row.Findings).ShouldBeEmpty();

        var drivers = DriverAnalyser.Analyse(target);
        drivers.Rows.ShouldNotBeEmpty();
        drivers.Rows.SelectMany(row => row.Findings).ShouldBeEmpty();
        drivers.Rows.Select(row => row.Object).ShouldBe(machine.Drivers.Select(driver => driver.Object), ignoreOrder: true);

        // Without symbols only the lists of object types are found, and what the debugger's data block of a dump leads to; the notes say what is missing.
        var callbacks = CallbackAnalyser.Analyse(target);
        var expected = machine.Callbacks.Where(callback => machine.Options.Kernel.Symbols is not null
            || callback.Kind == "object" || (callback.Kind == "bugcheck" && format is CaptureFormat.Dump or CaptureFormat.Bitmap or CaptureFormat.KernelBitmap));
        callbacks.Rows.Where(row => row.Kind != CallbackKinds.Minifilter).Select(row => (row.Kind, row.Address)).ShouldBe(expected.Select(callback => (callback.Kind, (VirtualAddress?)callback.Routine)), ignoreOrder: true);
        callbacks.Rows.SelectMany(row => row.Findings).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("10.0.18362.476")]
    [InlineData("10.0.22000.318")]
    public void An_unlinked_process_is_the_only_finding(string version)
    {
        using var machine = Build(version, LabAttack.UnlinkedProcess);
        using var target = Save(machine, CaptureFormat.Bitmap);

        var rows = ProcessAnalyser.Analyse(target).Rows.Where(row => row.Findings.Count > 0);

        rows.ShouldHaveSingleItem().Object.ShouldBe(machine.Processes.Single(process => process.IsUnlinked).Object);
        rows.Single().Findings.ShouldHaveSingleItem().Kind.ShouldBe("unlinked");
    }

    [Theory]
    [InlineData("10.0.14393.4583")]
    [InlineData("10.0.19041.508")]
    public void A_callback_outside_modules_is_the_only_finding(string version)
    {
        using var machine = Build(version, LabAttack.ForeignCallback);
        using var target = Save(machine, CaptureFormat.Bitmap);

        var row = CallbackAnalyser.Analyse(target).Rows.Where(candidate => candidate.Findings.Count > 0).ShouldHaveSingleItem();

        row.Kind.ShouldBe("process");
        row.Findings.ShouldHaveSingleItem().Kind.ShouldBe("outside-modules");
    }

    [Theory]
    [InlineData("6.1.7601.24540")]
    [InlineData("10.0.22000.318")]
    public void Without_its_code_the_filter_manager_is_found_by_the_shape_of_its_data(string version)
    {
        using var machine = Build(version);
        var manager = machine.Modules.Single(image => image.Name == "fltmgr.sys");
        machine.System.Write(manager.Base + 0x1540, new byte[0x40]);
        using var target = Save(machine, CaptureFormat.Dump);

        var report = CallbackAnalyser.Analyse(target);

        report.Notes.ShouldNotContain(note => note.Contains("FltEnumerateFilters", StringComparison.Ordinal));
        report.Rows.Count(row => row.Kind == CallbackKinds.Minifilter).ShouldBe(16);
    }

    [Fact]
    public void A_filter_that_contradicts_the_layout_of_the_others_is_listed_with_a_finding()
    {
        using var machine = Build("10.0.18362.476");
        machine.System.WriteUInt64(machine.Filters[1].Object + 0x30, 0x1234);
        using var target = Save(machine, CaptureFormat.Dump);

        var rows = CallbackAnalyser.Analyse(target).Rows.Where(row => row.Kind == CallbackKinds.Minifilter).ToList();

        rows.Count.ShouldBe(16);
        rows.ShouldAllBe(row => row.Slot == 1 == row.Findings.Any(finding => finding.Kind == "layout-contradicted"));
    }

    [Fact]
    public void Where_no_layout_of_the_filter_manager_fits_a_note_says_so()
    {
        using var machine = Build("10.0.18362.476");
        foreach (var filter in machine.Filters)
        {
            machine.System.WriteUInt64(filter.Object + 0x30, 0x1234);
        }

        using var target = Save(machine, CaptureFormat.Dump);

        var report = CallbackAnalyser.Analyse(target);

        report.Rows.ShouldNotContain(row => row.Kind == CallbackKinds.Minifilter);
        report.Notes.ShouldContain(note => note.StartsWith("Minifilters are not listed: no published layout", StringComparison.Ordinal));
    }

    private static MachineMemory Build(string version, params LabAttack[] attacks)
    {
        FileVersion.TryParse(version, out var parsed).ShouldBeTrue();
        return MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = KnowledgeBase.Embedded.FindKernel(parsed)!, Attacks = attacks });
    }

    private Target Save(MachineMemory machine, CaptureFormat format)
    {
        var path = Path.Combine(_folder.FullName, "capture");
        CaptureWriter.Write(machine, format, path);
        return TargetOpener.Open(path, new TargetOptions());
    }
}
