using System.Buffers.Binary;
using NtScope.Lab.Machine.Callbacks;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Processes;
using NtScope.Lab.Machine.Sessions;

namespace NtScope.Lab.Machine.Attacks;

/// <summary>Does to a machine what malware does.</summary>
internal sealed class AttackPlanter(MachineContext context, ProcessBuilder processes, CallbackBuilder callbacks, SessionBuilder sessions, VirtualAddress payload)
{
    private const ulong PayloadSize = 0x4000;
    private const int RoutineSpacing = 0x100;

    private readonly List<PlantedTrace> _traces = [];
    private int _routines;

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
                callbacks.AddNotify("process", routine);
                _traces.Add(new PlantedTrace(attack, "process", routine, routine));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(attack), attack, "not an attack that the lab knows");
        }
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
        var process = processes.Processes.Last(process => process.Name == name);
        processes.Unlink(process);
        _traces.Add(new PlantedTrace(LabAttack.UnlinkedProcess, name, process.Object));
    }

    private void Hide()
    {
        if (sessions.Layout is null)
        {
            throw new ArgumentException($"a desktop cannot be hidden in {context.Version} of x86: no layouts of its win32k are known", nameof(sessions));
        }

        const string Name = "k9f2a71c";
        var process = processes.Create(new ProcessPlan("svchost.exe", "explorer.exe", 1, 2));
        sessions.Join(process);
        var desktop = sessions.CreateDesktop(1, "WinSta0", Name);
        sessions.AddThreads(desktop, process);
        sessions.AddWindow(desktop, process.Threads[0], "browser", isVisible: true);
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
