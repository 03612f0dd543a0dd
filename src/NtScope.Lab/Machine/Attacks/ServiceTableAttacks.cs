using System.Buffers.Binary;
using NtScope.Lab.Machine.Kernel;

namespace NtScope.Lab.Machine.Attacks;

/// <summary>Attacks on the kernel's own service table, its descriptors and its routines.</summary>
internal sealed class ServiceTableAttacks(MachineContext context, ForeignCode code)
{
    private VirtualAddress Table => context.Kernel.Base + context.Kernel.Services.TableRva;

    /// <summary>Leads a service's entry to foreign code.</summary>
    public PlantedTrace Redirect(string service)
    {
        var target = code.Add();
        Write(service, target, ServiceEntries.StackArguments(service, context.IsNarrow));
        return new PlantedTrace(LabAttack.RedirectedEntry, service, EntryOf(service), target);
    }

    /// <summary>Leads a service's entry to the routine of another one, which keeps its own.</summary>
    public PlantedTrace Misdirect(string service, string other)
    {
        var target = RoutineOf(other);
        Write(service, target, ServiceEntries.StackArguments(service, context.IsNarrow));
        return new PlantedTrace(LabAttack.MisdirectedEntry, service, EntryOf(service), target);
    }

    /// <summary>Exchanges the entries of two services.</summary>
    public IEnumerable<PlantedTrace> Swap(string first, string second)
    {
        var (one, other) = (EntryOf(first), EntryOf(second));
        var (left, right) = (ReadEntry(one), ReadEntry(other));
        context.System.WriteUInt32(one, right);
        context.System.WriteUInt32(other, left);
        return [new(LabAttack.SwappedEntries, first, one, RoutineOf(second)), new(LabAttack.SwappedEntries, second, other, RoutineOf(first))];
    }

    /// <summary>Writes a jump to foreign code over the start of a service's routine.</summary>
    public PlantedTrace Hook(string service)
    {
        var (start, target) = (RoutineOf(service), code.Add());
        context.System.Write(start, code.JumpFrom(start, target));
        return new PlantedTrace(LabAttack.InlineHook, service, start, target);
    }

    /// <summary>Leads both descriptors to a copy of the table.</summary>
    public IEnumerable<PlantedTrace> Relocate()
    {
        var count = context.Kernel.Services.Count;
        var copy = code.Add(count * sizeof(uint));
        for (var index = 0; index < count; index++)
        {
            var place = (ulong)(index * sizeof(uint));
            context.System.WriteUInt32(copy + place, ServiceEntries.Rebase(context.System, ReadEntry(Table + place), Table, copy));
        }

        foreach (var name in new[] { KernelImageWriter.DescriptorTable, KernelImageWriter.ShadowTable })
        {
            var descriptor = context.Kernel.AddressOf(name, KernelImageWriter.DescriptorsSize);
            context.System.WritePointer(descriptor, copy);
            yield return new PlantedTrace(LabAttack.RelocatedTable, name, descriptor, copy);
        }
    }

    /// <summary>Lets a descriptor allow one service more.</summary>
    public PlantedTrace ChangeDescriptorLimit()
    {
        var limit = context.Kernel.AddressOf(KernelImageWriter.DescriptorTable, KernelImageWriter.DescriptorsSize) + 2 * context.PointerSize;
        context.System.WriteUInt32(limit, (uint)context.Kernel.Services.Count + 1);
        return new PlantedTrace(LabAttack.ChangedLimit, KernelImageWriter.DescriptorTable, limit);
    }

    /// <summary>Counts one service more where the kernel's image says how many there are (<c>KiServiceLimit</c>).</summary>
    public PlantedTrace ChangeServiceLimit()
    {
        var limit = context.Kernel.Base + context.Kernel.Services.LimitRva;
        context.System.WriteUInt32(limit, (uint)context.Kernel.Services.Count + 1);
        return new PlantedTrace(LabAttack.ChangedServiceLimit, "KiServiceLimit", limit);
    }

    /// <summary>Counts one stack argument more in the argument table (<c>KiArgumentTable</c>).</summary>
    public PlantedTrace ChangeArgumentByte(string service)
    {
        var place = context.Kernel.Base + context.Kernel.Services.ArgumentTableRva + (ulong)IndexOf(service);
        context.System.WriteByte(place, (byte)((ServiceEntries.StackArguments(service, context.IsNarrow) + 1) * sizeof(uint)));
        return new PlantedTrace(LabAttack.ChangedArguments, service, place);
    }

    /// <summary>Counts one stack argument more in a service's entry, which x64 alone has.</summary>
    public PlantedTrace ChangeEntryArguments(string service)
    {
        if (context.IsNarrow)
        {
            throw new ArgumentException("an entry of x86 counts no arguments", nameof(service));
        }

        Write(service, RoutineOf(service), ServiceEntries.StackArguments(service, isNarrow: false) + 1);
        return new PlantedTrace(LabAttack.ChangedEntryArguments, service, EntryOf(service));
    }

    private void Write(string service, VirtualAddress routine, int arguments) =>
        context.System.WriteUInt32(EntryOf(service), ServiceEntries.Encode(context.System, Table, routine, arguments));

    private uint ReadEntry(VirtualAddress entry) => BinaryPrimitives.ReadUInt32LittleEndian(context.System.Span(entry, sizeof(uint)));

    private VirtualAddress EntryOf(string service) => Table + (ulong)(IndexOf(service) * sizeof(uint));

    private VirtualAddress RoutineOf(string service) => context.Kernel.Base + context.Kernel.Services.RvaOf(IndexOf(service));

    private int IndexOf(string service) => context.Kernel.Services.TryGetIndex(service, out var index)
        ? index
        : throw new InvalidOperationException($"{context.Version} has no {service}");
}
