using NtScope.Knowledge;

namespace NtScope.Syscalls;

/// <summary>A service table in the memory of a machine, where the entries are encoded as the running kernel uses them.</summary>
internal sealed class MappedServiceTable
{
    private readonly VirtualAddress? _arguments;
    private readonly int _count;

    private MappedServiceTable(VirtualAddress start, int count, VirtualAddress? arguments, string evidence)
    {
        Start = start;
        _count = count;
        _arguments = arguments;
        Evidence = evidence;
    }

    /// <summary>Where the argument bytes begin; null if nothing says.</summary>
    public VirtualAddress? Arguments => _arguments;

    /// <summary>Where the table begins.</summary>
    public VirtualAddress Start { get; }

    /// <summary>What says so.</summary>
    public string Evidence { get; }

    /// <summary>How many services the machine counts in it.</summary>
    public int Count => _count;

    /// <summary>
    /// The kernel's own table: by its symbols, by what is known of this very kernel, by <c>KeServiceDescriptorTable</c>, else on x86 by the exported routines
    /// that it must hold.
    /// </summary>
    public static MappedServiceTable? Locate(Target target, Module module, VirtualAddress start, KnownServiceTable? known)
    {
        if (module.Symbols is { } symbols && symbols.TryGetRva("KiServiceTable", out var tableRva) && symbols.TryGetRva("KiServiceLimit", out var limitRva)
            && Read(target.Memory, start + tableRva, start + limitRva, symbols.TryGetRva("KiArgumentTable", out var rva) ? start + rva : null, "the symbol stands there") is { } bySymbol)
        {
            return bySymbol;
        }

        if (known is not null && Read(
            target.Memory, start + known.TableRva, start + known.LimitRva, start + known.ArgumentTableRva, "the table of this very kernel is known to stand there") is { } byKnowledge)
        {
            return byKnowledge;
        }

        foreach (var descriptor in KernelTableWitnesses.Descriptors(module.Image!))
        {
            if (FromDescriptor(target.Memory, module, start + descriptor, "KeServiceDescriptorTable") is { } byDescriptor)
            {
                return byDescriptor;
            }
        }

        return FromExports(target.Memory, module, start);
    }

    /// <summary>The table of a module by a service descriptor (KSERVICE_TABLE_DESCRIPTOR); null if it leads out of the module.</summary>
    public static MappedServiceTable? FromDescriptor(IMemory memory, Module module, VirtualAddress descriptor, string name)
    {
        var pointer = (ulong)memory.PointerSize;
        return memory.TryReadPointer(descriptor, out var table, out _) && module.Contains(table)
            && memory.TryReadPointer(descriptor + (3 * pointer), out var arguments, out _) && module.Contains(arguments)
                ? Read(memory, table, descriptor + (2 * pointer), arguments, $"{name} at {descriptor} says so")
                : null;
    }

    /// <summary>The kernel's table by the exported routines that it must hold, whatever descriptors say; x86 only.</summary>
    public static MappedServiceTable? FromExports(IMemory memory, Module module, VirtualAddress start)
    {
        if (memory.PointerSize != sizeof(uint))
        {
            return null;
        }

        var stubs = KernelStubs.Read(module.Image!);
        var pairs = stubs.ExportedPairs().ToList();
        if (MappedTableSearch.Find(module.Image!, start, pairs) is not { } table || stubs.RunCount == 0)
        {
            return null;
        }

        // The number of services stands behind the table, the argument bytes behind that.
        var limit = start + table + (ulong)stubs.RunCount * sizeof(uint);
        var arguments = memory.TryReadUInt32(limit, out var count, out _) && count == stubs.RunCount ? limit + sizeof(uint) : (VirtualAddress?)null;
        return new MappedServiceTable(start + table, stubs.RunCount, arguments, $"most of {pairs.Count} exported routines stand there, each at its number");
    }

    /// <summary>The services of the table; an entry that cannot be read is a row that says why.</summary>
    public void Collect(Target target, ServiceTableKind kind, ServiceRecords records)
    {
        var build = target.Modules.Select(module => module.Version?.Build ?? 0).FirstOrDefault(number => number > 0);
        var encoding = ServiceTableEntry.EncodingOf(target.Architecture, build);
        for (var i = 0; i < _count; i++)
        {
            var record = records.At(new ServiceIndex(kind, i));
            if (!target.Memory.TryReadUInt32(Start + ((ulong)i * sizeof(uint)), out var raw, out var fault))
            {
                record.AddFinding("unreadable-entry", fault.ToString());
                continue;
            }

            var entry = new ServiceTableEntry(raw, encoding);
            var routine = entry.RoutineIn(Start);
            record.Entry = raw;
            record.Address = routine;
            record.StackArguments = entry.StackArguments ?? ArgumentsOf(target.Memory, i);
            var owner = target.ModuleAt(routine);
            record.Module = owner?.Name;
            record.Rva = owner?.Base is { } ownerStart ? (uint)(routine - ownerStart) : null;
            if (owner is null)
            {
                record.AddFinding("outside-modules", $"its entry leads to {routine}, which no module covers");
            }
        }
    }

    private static MappedServiceTable? Read(IMemory memory, VirtualAddress table, VirtualAddress limit, VirtualAddress? arguments, string evidence) =>
        memory.TryReadUInt32(limit, out var count, out _) && count is > 0 and <= Limits.ServicesPerTable
            ? new MappedServiceTable(table, (int)count, arguments, evidence)
            : null;

    private int? ArgumentsOf(IMemory memory, int number) =>
        _arguments is { } start && memory.TryReadByte(start + (ulong)number, out var bytes, out _) ? bytes / sizeof(uint) : null;
}
