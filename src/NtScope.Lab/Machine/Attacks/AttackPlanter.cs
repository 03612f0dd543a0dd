using System.Buffers.Binary;
using NtScope.Lab.Machine.Callbacks;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Modules;
using NtScope.Lab.Machine.Objects;
using NtScope.Lab.Machine.Processes;
using NtScope.Lab.Machine.Sessions;

namespace NtScope.Lab.Machine.Attacks;

/// <summary>Does to a machine what malware does.</summary>
internal sealed class AttackPlanter(MachineContext context, VirtualAddress payload)
{
    private const ulong PayloadSize = 0x4000;
    private const int RoutineSpacing = 0x100;

    private const string StubService = "NtReadVirtualMemory";
    private const string StubProcess = "notepad.exe";
    private const ulong ProcessPayload = 0x1700_0000;

    private readonly List<PlantedTrace> _traces = [];
    private int _routines;

    /// <summary>Processes and threads.</summary>
    public required ProcessBuilder Processes { get; init; }

    /// <summary>What is registered with the kernel.</summary>
    public required CallbackBuilder Callbacks { get; init; }

    /// <summary>The filter manager; null on x86.</summary>
    public required FilterManagerBuilder? Filters { get; init; }

    /// <summary>Sessions and desktops.</summary>
    public required SessionBuilder Sessions { get; init; }

    /// <summary>The object namespace.</summary>
    public required ObjectNamespace Names { get; init; }

    /// <summary>The objects.</summary>
    public required ObjectManager Objects { get; init; }

    /// <summary>The list of loaded modules.</summary>
    public required ModuleList Modules { get; init; }

    /// <summary>The driver objects.</summary>
    public required IReadOnlyList<MachineDriver> Drivers { get; init; }

    /// <summary>What was changed, in order.</summary>
    public IReadOnlyList<PlantedTrace> Traces => _traces;

    /// <summary>Plants an attack.</summary>
    public void Plant(LabAttack attack)
    {
        switch (attack)
        {
            case LabAttack.RedirectedEntry:
                Redirect("NtQuerySystemInformation");
                break;
            case LabAttack.SwappedEntries:
                Swap("NtOpenProcess", "NtOpenThread");
                break;
            case LabAttack.InlineHook:
                Hook("NtQueryDirectoryFile");
                break;
            case LabAttack.RelocatedTable:
                Relocate();
                break;
            case LabAttack.UnlinkedProcess:
                Unlink("cmd.exe");
                break;
            case LabAttack.HiddenDesktop:
                Hide();
                break;
            case LabAttack.ForeignCallback:
                var routine = ForeignRoutine();
                Callbacks.AddNotify("process", routine);
                _traces.Add(new PlantedTrace(attack, "process", routine, routine));
                break;
            case LabAttack.ChangedLimit:
                ChangeLimit();
                break;
            case LabAttack.ChangedArguments:
                ChangeArguments("NtWriteFile");
                break;
            case LabAttack.PatchedStub:
                // Planted once the process has its images: PlantInUserSpace.
                break;
            case LabAttack.UnlinkedThread:
                UnlinkThread("explorer.exe");
                break;
            case LabAttack.UnlinkedDriver:
                UnlinkDriver(@"\Driver\Beep");
                break;
            case LabAttack.UnlinkedModule:
                UnlinkModule("http.sys");
                break;
            case LabAttack.ForeignFilter:
                DivertFilter("WdFilter");
                break;
            case LabAttack.HostileName:
                NameHostile();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(attack), attack, "not an attack that the lab knows");
        }
    }

    /// <summary>Plants what needs the images of processes.</summary>
    public void PlantInUserSpace(UserImages images)
    {
        if (!context.Options.Attacks.Contains(LabAttack.PatchedStub))
        {
            return;
        }

        // mov rax,target; jmp rax. On x86 mov eax,target; jmp eax.
        var process = Processes.Processes.Last(process => process.Name == StubProcess);
        var target = new VirtualAddress(ProcessPayload);
        process.Space.Allocate(target, PhysicalRam.PageSize, PageAccess.User | PageAccess.Write | PageAccess.Execute);
        process.Space.Write(target, context.Code("foreign stub", RoutineSpacing));
        byte[] code = context.IsNarrow
            ? [0xB8, .. BitConverter.GetBytes((uint)target.Value), 0xFF, 0xE0]
            : [0x48, 0xB8, .. BitConverter.GetBytes(target.Value), 0xFF, 0xE0];
        var stub = images.StubOf(StubService);
        process.Space.WritePrivately(stub, code);
        _traces.Add(new PlantedTrace(LabAttack.PatchedStub, StubService, stub, target));
    }

    private VirtualAddress EntryOf(int index) => context.Kernel.Base + context.Kernel.Services.TableRva + (ulong)(index * sizeof(uint));

    private int IndexOf(string service) => context.Kernel.Services.TryGetIndex(service, out var index)
        ? index
        : throw new InvalidOperationException($"{context.Version} has no {service}");

    private void Redirect(string service)
    {
        var (index, target) = (IndexOf(service), ForeignRoutine());
        var table = context.Kernel.Base + context.Kernel.Services.TableRva;
        context.System.WriteUInt32(EntryOf(index), ServiceEntries.Encode(context.System, table, target, ServiceEntries.StackArguments(service, context.IsNarrow)));
        _traces.Add(new PlantedTrace(LabAttack.RedirectedEntry, service, EntryOf(index), target));
    }

    private void Swap(string first, string second)
    {
        var (one, other) = (EntryOf(IndexOf(first)), EntryOf(IndexOf(second)));
        var (left, right) = (BinaryPrimitives.ReadUInt32LittleEndian(context.System.Span(one, 4)), BinaryPrimitives.ReadUInt32LittleEndian(context.System.Span(other, 4)));
        context.System.WriteUInt32(one, right);
        context.System.WriteUInt32(other, left);
        _traces.Add(new PlantedTrace(LabAttack.SwappedEntries, first, one, context.Kernel.Base + context.Kernel.Services.RvaOf(IndexOf(second))));
        _traces.Add(new PlantedTrace(LabAttack.SwappedEntries, second, other, context.Kernel.Base + context.Kernel.Services.RvaOf(IndexOf(first))));
    }

    // jmp qword ptr [rip]; the address. On x86 jmp rel32.
    private void Hook(string service)
    {
        var (start, target) = (context.Kernel.Base + context.Kernel.Services.RvaOf(IndexOf(service)), ForeignRoutine());
        var code = new byte[context.IsNarrow ? 5 : 14];
        if (context.IsNarrow)
        {
            code[0] = 0xE9;
            BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(1), (int)(uint)(target - start - 5));
        }
        else
        {
            code[0] = 0xFF;
            code[1] = 0x25;
            BinaryPrimitives.WriteUInt64LittleEndian(code.AsSpan(6), target.Value);
        }

        context.System.Write(start, code);
        _traces.Add(new PlantedTrace(LabAttack.InlineHook, service, start, target));
    }

    private void Relocate()
    {
        var services = context.Kernel.Services;
        var table = context.Kernel.Base + services.TableRva;
        var copy = ForeignRoutine(services.Count * sizeof(uint));
        for (var index = 0; index < services.Count; index++)
        {
            context.System.TryReadUInt32(EntryOf(index), out var entry, out _);
            context.System.WriteUInt32(copy + (ulong)(index * sizeof(uint)), context.IsNarrow ? entry : (uint)(table + (ulong)((int)entry >> 4) - copy) << 4 | entry & 0xF);
        }

        foreach (var name in new[] { KernelImageWriter.DescriptorTable, KernelImageWriter.ShadowTable })
        {
            var descriptor = context.Kernel.AddressOf(name, KernelImageWriter.DescriptorsSize);
            context.System.WritePointer(descriptor, copy);
            _traces.Add(new PlantedTrace(LabAttack.RelocatedTable, name, descriptor, copy));
        }
    }

    private void Unlink(string name)
    {
        var process = Processes.Processes.Last(process => process.Name == name);
        Processes.Unlink(process);
        _traces.Add(new PlantedTrace(LabAttack.UnlinkedProcess, name, process.Object));
    }

    private void ChangeLimit()
    {
        var limit = context.Kernel.AddressOf(KernelImageWriter.DescriptorTable, KernelImageWriter.DescriptorsSize) + 2 * context.PointerSize;
        context.System.WriteUInt32(limit, (uint)context.Kernel.Services.Count + 1);
        _traces.Add(new PlantedTrace(LabAttack.ChangedLimit, KernelImageWriter.DescriptorTable, limit));
    }

    private void ChangeArguments(string service)
    {
        var index = IndexOf(service);
        var place = context.Kernel.Base + context.Kernel.Services.ArgumentTableRva + (ulong)index;
        context.System.WriteByte(place, (byte)((ServiceEntries.StackArguments(service, context.IsNarrow) + 1) * sizeof(uint)));
        _traces.Add(new PlantedTrace(LabAttack.ChangedArguments, service, place));
    }

    private void UnlinkThread(string name)
    {
        var thread = Processes.Processes.Last(process => process.Name == name).Threads[^1];
        Processes.UnlinkThread(thread);
        _traces.Add(new PlantedTrace(LabAttack.UnlinkedThread, name, thread.Object));
    }

    private void UnlinkDriver(string path)
    {
        var driver = Drivers.First(driver => driver.Path == path);
        Objects.Remove(Names.Driver, driver.Object);
        _traces.Add(new PlantedTrace(LabAttack.UnlinkedDriver, path, driver.Object));
    }

    private void UnlinkModule(string name)
    {
        var image = Drivers.First(driver => driver.Image.Name == name).Image;
        _traces.Add(new PlantedTrace(LabAttack.UnlinkedModule, name, Modules.Unlink(image), image.Base));
    }

    // ESC ] 0 ; ... BEL sets a terminal's title, ESC [ 2 J clears it; U+202E turns the text around.
    private void DivertFilter(string name)
    {
        var filters = Filters ?? throw new ArgumentException($"{context.Version} of x86 has no minifilters here: no layouts of its filter manager are known", nameof(name));
        var routine = ForeignRoutine();
        _traces.Add(new PlantedTrace(LabAttack.ForeignFilter, name, filters.Divert(name, 0, routine), routine));
    }

    private void NameHostile()
    {
        var process = Processes.Create(new ProcessPlan("\u001b]0;x\a\u001b[2Jx", "explorer.exe", 1, 1));
        Sessions.Join(process);
        _traces.Add(new PlantedTrace(LabAttack.HostileName, process.Name, process.Object));
        const string Event = "\u001b[31m\u202Egnp.evil\r\n";
        _traces.Add(new PlantedTrace(LabAttack.HostileName, Event, Names.CreateEvent(Event)));
    }

    private void Hide()
    {
        if (Sessions.Layout is null)
        {
            throw new ArgumentException($"a desktop cannot be hidden in {context.Version} of x86: no layouts of its win32k are known", nameof(context));
        }

        const string Name = "k9f2a71c";
        var process = Processes.Create(new ProcessPlan("svchost.exe", "explorer.exe", 1, 2));
        Sessions.Join(process);
        var desktop = Sessions.CreateDesktop(1, "WinSta0", Name);
        Sessions.AddThreads(desktop, process);
        Sessions.AddWindow(desktop, process.Threads[0], "browser", isVisible: true);
        _traces.Add(new PlantedTrace(LabAttack.HiddenDesktop, Name, desktop.Object));
    }

    // Code near the kernel's image, within reach of a table's 28 bits, that belongs to no module.
    private VirtualAddress ForeignRoutine(int size = RoutineSpacing)
    {
        if (_routines == 0)
        {
            context.System.Allocate(payload, PayloadSize, PageAccess.Write | PageAccess.Execute);
        }

        var start = payload + (ulong)_routines;
        _routines += (size + RoutineSpacing - 1) / RoutineSpacing * RoutineSpacing;
        context.System.Write(start, context.Code($"foreign {_routines}", RoutineSpacing));
        return start;
    }
}
