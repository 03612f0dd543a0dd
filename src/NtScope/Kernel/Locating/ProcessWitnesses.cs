namespace NtScope.Kernel.Locating;

/// <summary>
/// Other processes that speak for structure layouts where the System process contradicts them: those in the list behind it, read with the same
/// offsets, have identifiers, names and page tables as processes have.
/// </summary>
internal sealed class ProcessWitnesses(IMemory memory, uint idOffset, uint nameOffset, uint linksOffset, uint tableOffset)
{
    private const int Fewest = 2;
    private const int Most = 8;
    private const int ImageFileNameSize = 15;
    private const ulong LargestIdentifier = 1 << 26;

    /// <summary>Whether at least two other processes fit and none does not. The list is followed both ways; its head is passed over.</summary>
    public bool Support(VirtualAddress systemProcess)
    {
        var head = systemProcess + linksOffset;
        var walk = ListWalk.Read(memory, head, Most);
        var fitting = walk.Links.Count(link => Fits(link - linksOffset));
        return fitting >= Fewest && walk.Links.Count - fitting <= 1;
    }

    private bool Fits(VirtualAddress process)
    {
        Span<byte> name = stackalloc byte[ImageFileNameSize];
        return memory.TryReadPointer(process + idOffset, out var id, out _) && id.Value is > 0 and < LargestIdentifier && id.Value % 4 == 0
            && memory.TryReadPointer(process + tableOffset, out var table, out _) && !table.IsZero && table.Value % 0x20 < 0x10
            && memory.TryRead(process + nameOffset, name, out _) && IsName(name);
    }

    private static bool IsName(ReadOnlySpan<byte> name)
    {
        var end = name.IndexOf((byte)0);
        return end != 0 && !(end < 0 ? name : name[..end]).ContainsAnyExceptInRange((byte)' ', (byte)'~');
    }
}
