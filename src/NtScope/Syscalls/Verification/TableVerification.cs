using System.Globalization;
using NtScope.Knowledge;

namespace NtScope.Syscalls.Verification;

/// <summary>Compares a table in memory, entry by entry, with what it should be.</summary>
internal sealed class TableVerification(VerificationContext context, KnowledgeBase knowledge, ExpectedTable expected)
{
    private readonly ServiceEntryEncoding _encoding = ServiceTableEntry.EncodingOf(
        context.Target.Architecture, context.Target.Modules[0].Version?.Build ?? 0);

    /// <summary>Checks the number of services and the argument bytes, then all entries where the table should be.</summary>
    public void Verify()
    {
        var count = VerifyLimit();
        VerifyEntries(expected.Start, count);
    }

    /// <summary>Checks the entries of a table that stands at <paramref name="table"/>: the true one, or one that a descriptor points at instead.</summary>
    public void VerifyEntries(VirtualAddress table, int count)
    {
        var routines = new VirtualAddress?[count];
        for (var i = 0; i < count; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (expected.Memory.TryReadUInt32(table + (ulong)(i * sizeof(uint)), out var raw, out _))
            {
                var entry = new ServiceTableEntry(raw, _encoding);
                routines[i] = entry.RoutineIn(table);
                if (!VerifyRoutine(table, i, routines[i]!.Value))
                {
                    VerifyArguments(table, i, entry.StackArguments);
                }
            }
            else
            {
                context.CountUnreadable($"entries of the {SyscallRow.TextOf(expected.Kind)} table");
            }
        }

        MarkSwaps(table, routines);
    }

    private int VerifyLimit()
    {
        if (expected.LimitRva is not { } rva)
        {
            return expected.Count ?? 0;
        }

        var address = expected.Base + rva;
        if (!expected.Memory.TryReadUInt32(address, out var limit, out _))
        {
            context.CountUnreadable("number of services");
            return expected.Count ?? 0;
        }

        if (expected.Count is { } count && limit != count)
        {
            context.Add(new VerificationRow
            {
                Kind = VerificationKind.LimitChanged,
                Table = expected.Kind,
                Address = address,
                Expected = Hex(count),
                Evidence = expected.Evidence,
                Detail = $"the number of services is 0x{limit:x}, it should be 0x{count:x}",
            }, expected.Session);
        }

        return expected.Count ?? (int)Math.Min(limit, Limits.ServicesPerTable);
    }

    // Returns whether something is wrong with where the entry leads.
    private bool VerifyRoutine(VirtualAddress table, int number, VirtualAddress routine)
    {
        var wanted = number < expected.Routines.Count ? expected.Routines[number] : null;
        if (wanted is { } rva && routine == expected.Base + rva)
        {
            return false;
        }

        var isInside = expected.Module.Contains(routine);
        if (wanted is null && isInside && expected.Module.Image?.SectionAt((uint)(routine - expected.Base)) is null or { IsExecutable: true })
        {
            return false;
        }

        Add(
            isInside ? VerificationKind.EntryRedirected : VerificationKind.EntryOutsideModule,
            table,
            number,
            wanted is { } there ? (expected.Base + there).ToString() : null,
            routine,
            isInside
                ? wanted is null ? $"the entry leads to {routine}, which is not code" : $"the entry leads to {Describe(routine)}, which is not its routine"
                : $"the entry leads to {routine}, which is not in {expected.Module.Name} ({context.OwnerOf(routine)})");
        return true;
    }

    private void VerifyArguments(VirtualAddress table, int number, int? counted)
    {
        int? byteCount = expected.ArgumentTableRva is { } rva && expected.Memory.TryReadByte(expected.Base + rva + (ulong)number, out var bytes, out _) ? bytes / sizeof(uint) : null;
        var wanted = number < expected.StackArguments.Count ? expected.StackArguments[number] : null;
        if (wanted is not null)
        {
            if (counted is not null && counted != wanted)
            {
                Add(VerificationKind.ArgumentsChanged, table, number, Hex(wanted.Value), null, $"the entry counts {counted} stack arguments, it should be {wanted}");
            }
            else if (byteCount is not null && byteCount != wanted)
            {
                AddArgumentByte(number, wanted.Value, byteCount.Value, expected.Evidence);
            }
        }
        else if (counted is { } inEntry && byteCount is { } inTable && inEntry != inTable)
        {
            // Two copies of one number disagree; the declaration says which of them was changed.
            var declared = DeclaredArguments(number);
            if (declared == inEntry)
            {
                AddArgumentByte(number, inEntry, inTable, VerificationEvidence.Structure);
            }
            else
            {
                Add(
                    VerificationKind.ArgumentsChanged,
                    table,
                    number,
                    Hex(inTable),
                    null,
                    $"the entry counts {inEntry} stack arguments, the argument table {inTable}",
                    VerificationEvidence.Structure);
            }
        }
    }

    private int? DeclaredArguments(int number) =>
        context.NameOf(new ServiceIndex(expected.Kind, number)) is { } name && knowledge.TryGetPrototype(name, out var prototype)
            ? ArgumentCount.OnStack(prototype, context.Target.Architecture)
            : null;

    private void AddArgumentByte(int number, int wanted, int found, VerificationEvidence evidence)
    {
        var index = new ServiceIndex(expected.Kind, number);
        context.Add(new VerificationRow
        {
            Kind = VerificationKind.ArgumentsChanged,
            Table = expected.Kind,
            Index = index,
            Name = context.NameOf(index),
            Address = expected.Base + expected.ArgumentTableRva!.Value + (ulong)number,
            Expected = Hex(wanted * sizeof(uint)),
            Evidence = evidence,
            Detail = $"the argument table counts {found} stack arguments, it should be {wanted}",
        }, expected.Session);
    }

    // Two entries that were redirected to each other's routine are one exchange, and say so.
    private void MarkSwaps(VirtualAddress table, VirtualAddress?[] routines)
    {
        var owners = new Dictionary<VirtualAddress, int>();
        for (var i = 0; i < expected.Routines.Count; i++)
        {
            if (expected.Routines[i] is { } rva)
            {
                owners.TryAdd(expected.Base + rva, i);
            }
        }

        for (var i = 0; i < expected.Routines.Count; i++)
        {
            if (context.Find(VerificationKind.EntryRedirected, table + (ulong)(i * sizeof(uint)), expected.Session) is { } row
                && context.Rows[row] is { Kind: VerificationKind.EntryRedirected, Target: { } target } finding
                && owners.TryGetValue(target, out var other) && other < routines.Length && other != i
                && expected.Routines[i] is { } own && routines[other] == expected.Base + own)
            {
                var otherIndex = new ServiceIndex(expected.Kind, other);
                context.Rows[row] = finding with
                {
                    Kind = VerificationKind.EntriesSwapped,
                    Detail = $"the entry has the routine of {otherIndex} ({context.NameOf(otherIndex) ?? "unnamed"}), and that one has its own",
                };
            }
        }
    }

    private string Describe(VirtualAddress routine) =>
        expected.Module.Symbols?.TryGetNearest((uint)(routine - expected.Base), out var symbol) == true && routine - expected.Base - symbol.Rva is var distance
            ? $"{routine} ({expected.Module.Name}!{symbol.Name}{(distance == 0 ? string.Empty : "+0x" + distance.ToString("x", CultureInfo.InvariantCulture))})"
            : routine.ToString();

    private void Add(
        VerificationKind kind, VirtualAddress table, int number, string? wanted, VirtualAddress? leadsTo, string detail, VerificationEvidence? evidence = null)
    {
        var index = new ServiceIndex(expected.Kind, number);
        context.Add(new VerificationRow
        {
            Kind = kind,
            Table = expected.Kind,
            Index = index,
            Name = context.NameOf(index),
            Address = table + (ulong)(number * sizeof(uint)),
            Expected = wanted,
            Target = leadsTo,
            Owner = leadsTo is { } there ? context.OwnerOf(there) : null,
            Evidence = evidence ?? expected.Evidence,
            Detail = detail,
        }, expected.Session);
    }

    private static string Hex(int value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
