namespace NtScope.Kernel;

/// <summary>A doubly linked list of the kernel (_LIST_ENTRY), walked. A list that breaks is walked from both ends.</summary>
/// <param name="Links">The addresses of the entries' links in list order, without the head.</param>
/// <param name="BrokenLinks">Those whose backward pointer does not name the entry before.</param>
/// <param name="Problem">Why the walk did not come back to the head, as a sentence; null if it did.</param>
public sealed record ListWalk(IReadOnlyList<VirtualAddress> Links, IReadOnlySet<VirtualAddress> BrokenLinks, string? Problem)
{
    /// <summary>Walks a list.</summary>
    /// <param name="memory">The address space that maps it.</param>
    /// <param name="head">The head.</param>
    /// <param name="limit">How many entries at most.</param>
    public static ListWalk Read(IMemory memory, VirtualAddress head, int limit = Limits.KernelListEntries)
    {
        var seen = new HashSet<VirtualAddress> { head };
        var broken = new HashSet<VirtualAddress>();
        var forward = new List<VirtualAddress>();
        var problem = Follow(memory, head, 0, limit, seen, forward, broken);
        if (problem is not null)
        {
            var backward = new List<VirtualAddress>();
            Follow(memory, head, (uint)memory.PointerSize, limit - forward.Count, seen, backward, broken);
            backward.Reverse();
            forward.AddRange(backward);
        }

        return new ListWalk(forward, broken, problem);
    }

    private static string? Follow(
        IMemory memory,
        VirtualAddress head,
        uint direction,
        int limit,
        HashSet<VirtualAddress> seen,
        List<VirtualAddress> links,
        HashSet<VirtualAddress> broken)
    {
        var previous = head;
        while (memory.TryReadPointer(previous + direction, out var link, out _))
        {
            var opposite = direction == 0 ? (uint)memory.PointerSize : 0;
            if (link == head)
            {
                // Who takes out the last entry changes the head too; a page of an earlier moment ends the list where it ended then.
                return memory.TryReadPointer(head + opposite, out var last, out _) && last != previous
                    ? $"The list at {head} ends at {previous}, but its head says that {last} is the last."
                    : null;
            }

            if (link.IsZero)
            {
                return $"The list at {head} ends in a zero pointer: it was never initialised, or its page is lost.";
            }

            if (links.Count >= limit)
            {
                return $"The list at {head} goes on past {limit} entries.";
            }

            if (!seen.Add(link))
            {
                return $"The list at {head} comes back to {link} and not to its head.";
            }

            if (!memory.TryReadPointer(link + opposite, out var back, out var fault))
            {
                return $"The list at {head} cannot be followed to {link}: {fault}.";
            }

            if (back != previous)
            {
                broken.Add(link);
            }

            links.Add(link);
            previous = link;
        }

        return $"The list at {head} cannot be followed past {previous}.";
    }
}
