using NtScope.Kernel;
using NtScope.Reports;

namespace NtScope.Callbacks;

/// <summary>Gathers rows; says of each routine who owns it.</summary>
internal sealed class CallbackCollector(KernelContext context)
{
    private readonly List<CallbackRow> _rows = [];

    /// <summary>The kernel.</summary>
    public KernelContext Context { get; } = context;

    /// <summary>The rows so far.</summary>
    public IReadOnlyList<CallbackRow> Rows => _rows;

    /// <summary>Whether the report takes no further row.</summary>
    public bool IsFull => _rows.Count >= Limits.CallbackRows;

    /// <summary>Adds a routine.</summary>
    public void Add(string kind, int slot, VirtualAddress? routine, string? detail = null, IEnumerable<Finding>? findings = null)
    {
        if (IsFull)
        {
            Context.Note($"Only {Limits.CallbackRows} callbacks are listed; there are more.");
            return;
        }

        List<Finding> all = findings is null ? [] : [.. findings];
        if (routine is { IsZero: true })
        {
            all.Add(new Finding(FindingKinds.Unreadable, "The entry holds no routine: its page is of another moment, or the entry was given back"));
            routine = null;
        }

        var owner = routine is { } address ? Context.OwnerOf(address) : default;
        if (routine is { } outside && Context.IsOutsideModules(outside))
        {
            all.Add(new Finding(FindingKinds.OutsideModules, $"The routine at {outside} lies outside every loaded module"));
        }

        _rows.Add(new CallbackRow(kind, slot, routine, owner.Module?.Name, owner.Symbol, detail, all));
    }

    /// <summary>Walks a doubly linked list whose head a symbol names, else the code of an export leads to; says so if neither is known.</summary>
    public IEnumerable<(VirtualAddress Entry, int Slot, Finding[] Findings)> List(string kind, string symbol, string? export = null)
    {
        if (KernelVariable.Find(Context, symbol, export, IsListHead) is not { } head)
        {
            Context.Note(NotFound(kind, symbol));
            yield break;
        }

        var walk = ListWalk.Read(Context.Memory, head, Limits.Callbacks);
        if (walk.Problem is { } problem)
        {
            Context.Note($"{kind} callbacks: {problem}");
        }

        for (var slot = 0; slot < walk.Links.Count; slot++)
        {
            yield return (walk.Links[slot], slot, walk.BrokenLinks.Contains(walk.Links[slot])
                ? [new Finding(FindingKinds.BrokenLink, "The entry does not point back at the one before it")]
                : []);
        }
    }

    /// <summary>Walks a list of single links whose first pointer a symbol names.</summary>
    public IEnumerable<(VirtualAddress Entry, int Slot)> Chain(string kind, string symbol)
    {
        if (Context.Find(symbol) is not { } head)
        {
            Context.Note(NotFound(kind, symbol));
            yield break;
        }

        var seen = new HashSet<VirtualAddress> { head };
        var next = Context.ReadPointer(head);
        if (next is null)
        {
            Context.Note($"{kind} callbacks: the list at {head} cannot be read.");
        }

        for (var slot = 0; next is { IsZero: false } entry; slot++)
        {
            if (!seen.Add(entry) || slot >= Limits.Callbacks)
            {
                Context.Note($"{kind} callbacks: the list at {head} comes back to {entry} or does not end.");
                yield break;
            }

            yield return (entry, slot);
            next = Context.ReadPointer(entry);
            if (next is null)
            {
                Context.Note($"{kind} callbacks: the list at {head} cannot be followed past {entry}.");
            }
        }
    }

    /// <summary>What a report says of a list that was not found.</summary>
    public static string NotFound(string kind, string symbol) =>
        $"Callbacks of kind {kind} are not listed: nt!{symbol} is not known for this kernel; a symbol file would name it.";

    private bool IsListHead(VirtualAddress head) =>
        Context.ReadPointer(head) is { IsZero: false } first
        && Context.ReadPointer(head + Context.PointerSize) is { IsZero: false } last
        && Context.ReadPointer(first + Context.PointerSize) == head
        && Context.ReadPointer(last) == head;
}
