using System.Buffers.Binary;
using System.Text;
using NtScope.Callbacks;
using NtScope.Images;
using NtScope.Kernel.Drivers;
using NtScope.Kernel.Modules;
using NtScope.Kernel.Objects;
using NtScope.Kernel.Processes;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Drivers;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Tests.Drivers;
using NtScope.Symbols;
using NtScope.Syscalls.Verification;
using NtScope.Targets;

namespace NtScope.Lab.Tests.Observation;

/// <summary>What the analysers say of a machine whose drivers have run, live and saved.</summary>
public sealed class ObservedMachineTests : IDisposable
{
    private const uint Walk = 0x80002000;
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"ntscope-{Guid.NewGuid():N}.dmp");

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("10.0.18362.476", CaptureFormat.Dump)]
    [InlineData("10.0.22000.795", CaptureFormat.Raw)]
    [InlineData("10.0.19041.1288", CaptureFormat.Elf)]
    [InlineData("10.0.14393.4583", CaptureFormat.Bitmap)]
    [InlineData("6.3.9600.19913", CaptureFormat.Bitmap)]
    [InlineData("6.1.7601.24540", CaptureFormat.KernelBitmap)]
    public void A_capture_shows_what_loaded_drivers_have_registered(string version, CaptureFormat format)
    {
        using var machine = new LabMachine(new LabMachineOptions { Kernel = Kernel(version), Windows = true });
        var drivers = Load(machine, "procmon", "regmon", "protector", "zero");
        var started = machine.StartProcess(@"C:\Windows\notepad.exe");
        machine.Save(_path, format);
        using var target = TargetOpener.Open(_path, Options());

        var callbacks = CallbackAnalyser.Analyse(target).Rows;
        Registered(callbacks, "procmon").ShouldBe([("process", "OnProcess"), ("thread", "OnThread"), ("image", "OnImage")], ignoreOrder: true);
        Registered(callbacks, "regmon").ShouldBe([("registry", "OnRegistry")]);
        callbacks.Single(row => row.Module == "regmon").Detail.ShouldBe("altitude 380010.7");
        Registered(callbacks, "protector").ShouldBe([("object", "OnOpen")]);
        callbacks.SelectMany(row => row.Findings).ShouldBeEmpty();

        var zero = DriverAnalyser.Analyse(target).Rows.Single(row => row.Name == @"\Driver\zero");
        zero.Start.ShouldBe(drivers["zero"].Base);
        DriverAnalyser.Analyse(target).Rows.SelectMany(row => row.Findings).ShouldBeEmpty();

        var objects = ObjectAnalyser.Analyse(target).Rows;
        objects.ShouldContain(row => row.Path == @"\Device\Zero");
        objects.Single(row => row.Path == @"\GLOBAL??\Zero").TypeName.ShouldBe("SymbolicLink");
        objects.SelectMany(row => row.Findings).ShouldBeEmpty();

        var processes = ProcessAnalyser.Analyse(target).Rows;
        processes.Select(row => row.Pid).ShouldBe(machine.Processes.Select(process => (long?)process.Id), ignoreOrder: true);
        processes.Single(row => row.Pid == started.Id).Name.ShouldBe("notepad.exe");
        processes.SelectMany(row => row.Findings).ShouldBeEmpty();

        ModuleAnalyser.Analyse(target).Rows.Select(row => row.Base).ShouldContain(drivers["zero"].Base);
        ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references: null).Rows.ShouldBeEmpty();
    }

    [Fact]
    public void A_running_machine_is_a_target_too_and_forgets_what_was_unloaded()
    {
        using var machine = new LabMachine();
        var drivers = Load(machine, "procmon", "zero");
        using (var target = machine.AsTarget())
        {
            target.Kind.ShouldBe(TargetKind.Lab);
            Registered(CallbackAnalyser.Analyse(target).Rows, "procmon").Count.ShouldBe(3);
            ProcessAnalyser.Analyse(target).Rows.Select(row => row.Pid).ShouldBe(machine.Processes.Select(process => (long?)process.Id), ignoreOrder: true);
            var late = machine.StartProcess(@"C:\late.exe");
            ProcessAnalyser.Analyse(target).Rows.Select(row => row.Pid).ShouldContain(late.Id);
        }

        foreach (var driver in drivers.Values)
        {
            driver.Unload().Findings.ShouldBeEmpty();
        }

        using (var target = machine.AsTarget())
        {
            CallbackAnalyser.Analyse(target).Rows.ShouldBeEmpty();
            DriverAnalyser.Analyse(target).Rows.ShouldBeEmpty();
            ModuleAnalyser.Analyse(target).Rows.Single(row => row.Path == "procmon.sys").Unloaded.ShouldNotBeNull();
            ObjectAnalyser.Analyse(target).Rows.ShouldNotContain(row => row.Path == @"\Device\Zero");
        }

        Load(machine, "zero")["zero"].Status.ShouldBe(NtStatus.Success);
        machine.Findings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("10.0.18362.476", false)]
    [InlineData("10.0.22000.795", true)]
    [InlineData("6.1.7601.24540", false)]
    [InlineData("6.1.7601.24540", true)]
    public void Minifilters_stand_in_the_filter_managers_memory_as_long_as_they_are_registered(string version, bool windows)
    {
        const string Where = @", delprotect, altitude 370000; instance delprotect Instance at 370000 on \Device\HarddiskVolume1";
        using var machine = new LabMachine(new LabMachineOptions { Kernel = Kernel(version), Windows = windows });
        var drivers = Load(machine, "delprotect", "backup");
        machine.Save(_path, CaptureFormat.Dump);
        using (var saved = TargetOpener.Open(_path, Options()))
        using (var running = machine.AsTarget(Options()))
        {
            foreach (var target in (Target[])[saved, running])
            {
                var rows = CallbackAnalyser.Analyse(target).Rows;
                rows.SelectMany(row => row.Findings).ShouldBeEmpty();
                rows.Where(row => row.Module == "delprotect").Select(row => (row.Kind, row.Symbol, row.Detail)).ShouldBe(
                    [
                        (CallbackKinds.Minifilter, "delprotect!OnCreate", "pre IRP_MJ_CREATE" + Where),
                        (CallbackKinds.Minifilter, "delprotect!OnSetInformation", "pre IRP_MJ_SET_INFORMATION" + Where),
                        (CallbackKinds.Minifilter, "delprotect!Unload", "unload" + Where),
                    ],
                    ignoreOrder: true);
                rows.ShouldContain(row => row.Module == "backup" && row.Kind == CallbackKinds.Minifilter);
                DriverAnalyser.Analyse(target).Rows.ShouldContain(row => row.Name == @"\FileSystem\FltMgr");
            }
        }

        machine.Files.Write(@"C:\keep\a.pdf", [1]).ShouldBe(NtStatus.Success);
        machine.Files.Delete(@"C:\keep\a.pdf").ShouldBe(NtStatus.AccessDenied);
        drivers["delprotect"].Unload().Findings.ShouldBeEmpty();
        using (var target = machine.AsTarget())
        {
            CallbackAnalyser.Analyse(target).Rows.Where(row => row.Kind == CallbackKinds.Minifilter).Select(row => row.Module).Distinct(StringComparer.Ordinal)
                .ShouldBe(windows ? ["WdFilter", "luafv", "fileinfo", "backup"] : ["backup"], ignoreOrder: true);
        }

        drivers["backup"].Unload().Findings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("10.0.18362.476", false)]
    [InlineData("10.0.22000.795", true)]
    [InlineData("6.1.7601.24540", false)]
    public void A_driver_that_walks_processes_by_offsets_sees_what_the_capture_shows(string version, bool windows)
    {
        using var machine = new LabMachine(new LabMachineOptions { Kernel = Kernel(version), Windows = windows });
        Load(machine, "walker");
        machine.StartProcess(@"C:\first.exe");
        machine.StartProcess(@"C:\second.exe").Exit();
        using var target = machine.AsTarget();
        target.Types!.TryGetStructure("_EPROCESS", out var process).ShouldBeTrue();
        var offsets = new byte[12];
        string[] fields = ["UniqueProcessId", "ActiveProcessLinks", "ImageFileName"];
        for (var i = 0; i < fields.Length; i++)
        {
            process!.TryGetField(fields[i], out var field).ShouldBeTrue();
            BinaryPrimitives.WriteUInt32LittleEndian(offsets.AsSpan(i * 4), field!.Offset);
        }

        using var device = machine.OpenDevice(@"\\.\Walker");
        var output = device.Control(Walk, offsets, 20 * 100).Output;
        var seen = output.Chunk(20).Select(entry => ((long?)BinaryPrimitives.ReadUInt32LittleEndian(entry), (string?)Encoding.ASCII.GetString(entry, 4, 15).TrimEnd('\0'))).ToArray();

        seen.ShouldContain(entry => entry.Item2 == "first.exe");
        seen.ShouldNotContain(entry => entry.Item2 == "second.exe");
        seen.ShouldBe(ProcessAnalyser.Analyse(target).Rows.Select(row => (row.Pid, row.Name)), ignoreOrder: true);
        machine.Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_machine_can_be_saved_while_a_request_is_pending_and_goes_on()
    {
        using var machine = new LabMachine();
        var driver = Load(machine, "mechanisms")["mechanisms"];
        using (var device = machine.OpenDevice(@"\\.\Mechanisms"))
        {
            var pending = device.BeginControl(0x80002C14);
            pending.IsCompleted.ShouldBeFalse();
            machine.Save(_path, CaptureFormat.Dump);
            using (var target = TargetOpener.Open(_path, new TargetOptions()))
            {
                ProcessAnalyser.Analyse(target).Rows.Single(row => row.Name == "client.exe").Findings.ShouldBeEmpty();
                ObjectAnalyser.Analyse(target).Rows.ShouldContain(row => row.Path == @"\Device\Mechanisms");
            }

            device.Control(0x80002C18).Status.ShouldBe(NtStatus.Success);
            pending.Wait().Status.ShouldBe(NtStatus.Success);
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Imports_lead_to_their_routines_in_the_kernel_whose_code_shows_no_trap()
    {
        using var machine = new LabMachine();
        Load(machine, "zero");
        using var target = machine.AsTarget();
        var nt = target.ModuleNamed("nt")!;
        nt.Symbols!.TryGetRva("IoCreateDevice", out var rva).ShouldBeTrue();
        var slot = target.ModuleNamed("zero")!.Image!.Imports.SelectMany(module => module.Functions).Single(function => function.Name == "IoCreateDevice").SlotRva;
        target.Memory.TryReadPointer(target.ModuleNamed("zero")!.Base!.Value + slot, out var bound, out _).ShouldBeTrue();
        bound.ShouldBe(nt.Base!.Value + rva);
        target.Memory.TryReadUInt16(bound, out var code, out _).ShouldBeTrue();
        code.ShouldNotBe((ushort)0xC3F4);
        code.ShouldNotBe((ushort)0);
    }

    private static LabKernel Kernel(string version)
    {
        FileVersion.TryParse(version, out var parsed).ShouldBeTrue();
        return LabKernel.Wide.First(kernel => kernel.Version == parsed);
    }

    private static TargetOptions Options() => new() { Symbols = SymbolPath.Parse(Path.GetDirectoryName(SampleDrivers.PathOf("zero"))!) };

    private static Dictionary<string, LabDriver> Load(LabMachine machine, params string[] names) =>
        names.ToDictionary(name => name, name => machine.LoadDriver(SampleDrivers.PathOf(name)), StringComparer.Ordinal);

    private static List<(string Kind, string? Routine)> Registered(IEnumerable<CallbackRow> rows, string module) =>
        [.. rows.Where(row => row.Module == module).Select(row => (row.Kind, row.Symbol?.Split('!')[1]))];
}
