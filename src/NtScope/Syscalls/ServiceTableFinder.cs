using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Symbols;

namespace NtScope.Syscalls;

/// <summary>
/// Finds the service tables in the file of a kernel or of win32k.sys. A table is taken only if two independent pieces of evidence agree: a
/// witness (symbols, exports, code, a known build) and the shape of what stands there. What is not found is said, not guessed.
/// </summary>
public static class ServiceTableFinder
{
    /// <summary>Finds the tables of an image file.</summary>
    /// <param name="image">A kernel or win32k.sys as a file; a mapped kernel has other entries and is not for this.</param>
    /// <param name="symbols">Its symbols; null if there are none.</param>
    /// <param name="known">The table of this very kernel, by the identity of its symbols; null if it is not known.</param>
    public static ServiceTableSearch Find(PeImage image, ISymbolSource? symbols = null, KnownServiceTable? known = null)
    {
        var search = new ServiceTableSearch();
        switch (ServiceImage.RoleOf(image))
        {
            case ServiceImageRole.Kernel:
                FindKernelTable(image, symbols, known, search);
                break;
            case ServiceImageRole.WindowManager:
                FindWindowManagerTables(image, symbols, search);
                break;
        }

        return search;
    }

    private static void FindKernelTable(PeImage image, ISymbolSource? symbols, KnownServiceTable? known, ServiceTableSearch search)
    {
        var candidates = FromSymbols(symbols, "Ki", string.Empty).ToList();
        if (known is not null)
        {
            candidates.Add(new ServiceTableCandidate(known.TableRva, "the table of this very kernel is known to stand there", known.LimitRva, known.ArgumentTableRva));
        }

        var stubs = KernelStubs.Read(image);
        candidates.AddRange(new KernelTableWitnesses(image, stubs).All());
        search.Add(Choose(image, ServiceTableKind.Nt, candidates, stubs, "KiServiceTable", search));
        search.KernelStubs = stubs;
    }

    private static void FindWindowManagerTables(PeImage image, ISymbolSource? symbols, ServiceTableSearch search)
    {
        // Of the tables that code registers, the one that is exported as the filter is the filter; without exports the first is the main one.
        var registered = RegistrationCall.Find(image).ToList();
        var filterRva = image.Exports.TryGetRva("W32pServiceTableFilter", out var exported) ? exported : registered.Select(call => call.TableRva).Distinct().ElementAtOrDefault(1);
        foreach (var suffix in new[] { string.Empty, "Filter" })
        {
            var isFilter = suffix.Length > 0;
            var candidates = FromSymbols(symbols, "W32p", suffix).ToList();
            candidates.AddRange(FromExports(image, suffix));
            candidates.AddRange(registered.Where(call => call.TableRva == filterRva == isFilter).Select(call => call with { IsFilter = isFilter }));
            if (!isFilter || candidates.Count > 0)
            {
                search.Add(Choose(image, ServiceTableKind.Win32k, candidates, stubs: null, "W32pServiceTable" + suffix, search));
            }
        }
    }

    /// <summary>The first place that has the shape of a table. Every witness of that place is named; one of another is a problem.</summary>
    private static ServiceTable? Choose(
        PeImage image, ServiceTableKind kind, List<ServiceTableCandidate> candidates, KernelStubs? stubs, string name, ServiceTableSearch search)
    {
        var shape = new ServiceTableShape(image);
        var tried = new HashSet<uint>();
        ServiceTable? chosen = null;
        foreach (var candidate in candidates)
        {
            if (!tried.Add(candidate.TableRva))
            {
                continue;
            }

            if (chosen is not null)
            {
                search.AddProblem($"{name} stands at 0x{chosen.Rva:x}, yet {candidate.Evidence} for 0x{candidate.TableRva:x}");
                continue;
            }

            var witnesses = candidates.Where(other => other.TableRva == candidate.TableRva).Select(other => other.Evidence).Distinct(StringComparer.Ordinal).ToList();
            chosen = shape.TryRead(candidate, kind, witnesses, stubs, out var problem);
            if (chosen is null)
            {
                search.AddProblem($"{name}: {problem}");
            }
            else if (stubs is { RunCount: > 0 } && stubs.RunCount != chosen.Slots.Count)
            {
                search.AddProblem($"{name} has {chosen.Slots.Count} services, yet the kernel has {stubs.RunCount} Zw routines");
            }
        }

        if (candidates.Count == 0)
        {
            search.AddProblem($"{name} was not found: no symbol, export or code of {image.Name} says where it is");
        }

        return chosen;
    }

    private static IEnumerable<ServiceTableCandidate> FromSymbols(ISymbolSource? symbols, string prefix, string suffix)
    {
        if (symbols is not null && symbols.TryGetRva($"{prefix}ServiceTable{suffix}", out var table))
        {
            yield return new ServiceTableCandidate(
                table,
                $"the symbol {prefix}ServiceTable{suffix} stands there",
                symbols.TryGetRva($"{prefix}ServiceLimit{suffix}", out var limit) ? limit : null,
                symbols.TryGetRva($"{prefix}ArgumentTable{suffix}", out var arguments) ? arguments : null,
                suffix.Length > 0);
        }
    }

    private static IEnumerable<ServiceTableCandidate> FromExports(PeImage image, string suffix)
    {
        if (image.Exports.TryGetRva("W32pServiceTable" + suffix, out var table)
            && image.Exports.TryGetRva("W32pServiceLimit" + suffix, out var limit)
            && image.Exports.TryGetRva("W32pArgumentTable" + suffix, out var arguments))
        {
            yield return new ServiceTableCandidate(table, $"W32pServiceTable{suffix} is exported", limit, arguments, suffix.Length > 0);
        }
    }
}
