using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Kernel;

/// <summary>
/// Where everything of the kernel's image is. Names come from its symbols where they are known. Of other kernels only the services and their tables are
/// known; what else the machine needs gets a place of its own behind them.
/// </summary>
internal sealed class KernelImage
{
    private const uint TailSize = 0x6_0000;
    private const uint RelocationsSize = 0x2000;
    private const uint Alignment = 0x1000;
    private const uint SearchedForIdentity = 0x3F_0000;
    private const uint VariablesInTail = 0x3_0000;
    private const uint BeforeTail = 0x2_0000;

    private readonly Dictionary<string, uint> _own = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, uint> _variables = [];
    private readonly Lazy<Dictionary<string, uint>> _services;
    private readonly Lazy<uint[]> _marks;
    private readonly Lazy<uint> _identity;
    private readonly uint _lastMark;
    private uint _nextVariable;
    private uint _nextRoutine;
    private LabAddressSpace? _space;

    /// <summary>The plan of a kernel's image.</summary>
    public KernelImage(LabKernel kernel)
    {
        Known = kernel;
        _services = new(IndexServices);
        _marks = new(FindMarks);
        _identity = new(LargestGap);
        _lastMark = kernel.Symbols is { } symbols && symbols.TryGetNearest(uint.MaxValue, out var last) ? last.Rva : Marks[^1];
        TailRva = (_lastMark + BeforeTail) & ~(Alignment - 1);
        Size = TailRva + TailSize;
        _nextVariable = TailRva;
        _nextRoutine = (_lastMark + 2 * Alignment) & ~(Alignment - 1);
    }

    /// <summary>What is known of the kernel.</summary>
    public LabKernel Known { get; }

    /// <summary>Its services.</summary>
    public LabServiceTable Services => Known.Services;

    /// <summary>Every RVA that something is known to be at, ascending.</summary>
    public IReadOnlyList<uint> Marks => _marks.Value;

    /// <summary>Where the part begins that no symbol of the real image reaches: variables without a known place, exports, resources.</summary>
    public uint TailRva { get; }

    /// <summary>Where the tail's tables begin, behind its variables.</summary>
    public uint TablesRva => TailRva + VariablesInTail;

    /// <summary>Where the relocations begin, behind the tail's tables.</summary>
    public uint RelocationsRva => Size - RelocationsSize;

    /// <summary>A free place in the first 4 MiB, where readers of memory look for the identity of the symbols.</summary>
    public uint IdentityRva => _identity.Value;

    /// <summary>The image's size as mapped, in bytes.</summary>
    public uint Size { get; }

    /// <summary>Where it is mapped.</summary>
    public VirtualAddress Base { get; private set; }

    /// <summary>Names that got a place of their own.</summary>
    public IReadOnlyDictionary<string, uint> Own => _own;

    /// <summary>Says where the image is.</summary>
    public void PlaceAt(LabAddressSpace space, VirtualAddress start)
    {
        _space = space;
        Base = start;
    }

    /// <summary>Finds a name's RVA among symbols, services and what was given a place.</summary>
    public bool TryGetRva(string name, out uint rva) =>
        (Known.Symbols?.TryGetRva(name, out rva) ?? NotFound(out rva)) || _services.Value.TryGetValue(name, out rva) || _own.TryGetValue(name, out rva);

    /// <summary>Finds a name's address.</summary>
    public bool TryGetAddress(string name, out VirtualAddress address)
    {
        var found = TryGetRva(name, out var rva);
        address = Base + rva;
        return found;
    }

    /// <summary>The variables that were asked for: the RVA of each, and its size in bytes.</summary>
    public IReadOnlyDictionary<uint, uint> Variables => _variables;

    /// <summary>Whether an RVA lies in a variable that was asked for.</summary>
    public bool IsInVariable(uint rva)
    {
        foreach (var (start, size) in _variables)
        {
            if (rva - start < size)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The RVA of a variable, zero at first; one that nothing is known of gets <paramref name="size"/> bytes of the tail.</summary>
    public uint Variable(string name, uint size)
    {
        if (!TryGetRva(name, out var rva))
        {
            rva = Take(ref _nextVariable, TablesRva, name, size);
        }

        if (_variables.TryAdd(rva, size))
        {
            _space?.Span(Base + rva, (int)size).Clear();
        }

        return rva;
    }

    /// <summary>
    /// The RVA of a routine. One that nothing is known of gets <paramref name="size"/> bytes: behind the services where those are all that is known, else
    /// in the tail.
    /// </summary>
    public uint Routine(string name, uint size)
    {
        if (TryGetRva(name, out var rva))
        {
            return rva;
        }

        return Known.Symbols is null ? Take(ref _nextRoutine, TailRva, name, size) : Take(ref _nextVariable, TablesRva, name, size);
    }

    /// <summary>Whether a routine has a place, or can have one of <paramref name="size"/> bytes.</summary>
    public bool HasRoom(string name, uint size) =>
        TryGetRva(name, out _) || (Known.Symbols is null ? TailRva - _nextRoutine : TablesRva - _nextVariable) >= ((size + 15) & ~15u);

    /// <summary>Gives a name to a place inside another one's.</summary>
    public void Place(string name, uint rva) => _own.Add(name, rva);

    /// <summary>The address of a variable; one that nothing is known of gets <paramref name="size"/> bytes of the tail.</summary>
    public VirtualAddress AddressOf(string name, uint size = sizeof(ulong)) => Base + Variable(name, size);

    /// <summary>How many bytes lie between an RVA and the next that something is known to be at.</summary>
    public int RoomAt(uint rva)
    {
        int low = 0, high = Marks.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Marks[middle] <= rva ? (middle + 1, high) : (low, middle);
        }

        return (int)((low < Marks.Count ? Marks[low] : TailRva) - rva);
    }

    private uint Take(ref uint next, uint end, string name, uint size)
    {
        var rva = next;
        next += (size + 15) & ~15u;
        if (next > end)
        {
            throw new InvalidOperationException($"the lab's kernel image has no room for {name}");
        }

        _own.Add(name, rva);
        return rva;
    }

    private static bool NotFound(out uint rva)
    {
        rva = 0;
        return false;
    }

    private Dictionary<string, uint> IndexServices()
    {
        var services = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var service in Services)
        {
            services.TryAdd(service.Name, service.Rva);
        }

        return services;
    }

    private uint[] FindMarks() => Known.Symbols is { } symbols
        ? [.. symbols.All().Select(symbol => symbol.Rva).Distinct()]
        : [.. Services.Select(service => service.Rva).Concat([Services.TableRva, Services.LimitRva, Services.ArgumentTableRva, Services.ArgumentTableRva + (uint)Services.Count]).Distinct().Order()];

    private uint LargestGap()
    {
        var (best, length) = (Alignment, 0u);
        var previous = Alignment;
        foreach (var mark in Marks)
        {
            var end = Math.Min(mark, SearchedForIdentity);
            if (end > previous && end - previous > length)
            {
                (best, length) = (previous, end - previous);
            }

            previous = mark;
        }

        return (best + length / 2) & ~15u;
    }
}
