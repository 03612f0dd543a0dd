using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Reports;

namespace NtScope.Syscalls;

/// <summary>Finds a service in all builds that are known: in the kernels' own tables by revision, else in what is published of a build.</summary>
public static class ServiceFinder
{
    /// <summary>The schema.</summary>
    public const string Schema = "ntscope.syscalls-find/1";

    private const int Suggestions = 5;

    /// <summary>
    /// The numbers of a service, or the services of a number: one row for a run of consecutive builds that agree, by instruction set. A
    /// published table stands beside the kernels of its build only where it says something else than all of them.
    /// </summary>
    /// <exception cref="InputException">No known build has it; the message names similar ones.</exception>
    public static Report<ServiceFindRow> Find(ServiceQuery query, KnowledgeBase knowledge)
    {
        var hits = new List<Hit>();
        var name = query.Name is { } asked ? SpelledAs(asked, knowledge) : null;
        CollectKernels(query, name, knowledge, hits);
        CollectPublished(query, name, knowledge, hits);
        if (!hits.Exists(hit => hit.Name is not null))
        {
            throw new InputException(query.ToString(), "no known build has this service" + Similar(query, knowledge));
        }

        hits.Sort();
        string[] notes = hits.Exists(hit => hit.IsPublished)
            ? ["A published table is right for some revision of its build; others may number their services differently."]
            : [];
        return new Report<ServiceFindRow>(Schema, new TargetSummary(query.ToString(), "known-build", null, null, null), Runs(hits), notes);
    }

    private static void CollectKernels(ServiceQuery query, string? name, KnowledgeBase knowledge, List<Hit> hits)
    {
        foreach (var kernel in knowledge.Kernels)
        {
            if (kernel.Services is not { } services || (query.Build is { } build && build != kernel.Version.Build))
            {
                continue;
            }

            if (query.Index is { Table: ServiceTableKind.Nt } index)
            {
                hits.Add(new Hit(kernel.Architecture, ServiceTableKind.Nt, kernel.Version, string.Empty, index.Number < services.Count ? services[index.Number].Name : null, index));
            }
            else if (name is not null)
            {
                var found = services.TryGetIndex(name, out var number);
                hits.Add(new Hit(kernel.Architecture, ServiceTableKind.Nt, kernel.Version, string.Empty, found ? name : null, new ServiceIndex(ServiceTableKind.Nt, Math.Max(number, 0))));
            }
        }
    }

    private static void CollectPublished(ServiceQuery query, string? name, KnowledgeBase knowledge, List<Hit> hits)
    {
        var byKernels = hits.ToLookup(hit => (hit.Architecture, hit.Table, hit.Version.Build));
        foreach (var table in knowledge.PublishedTables)
        {
            if ((query.Build is { } build && build != table.Build) || (query.Index is { } wanted && wanted.Table != table.Table))
            {
                continue;
            }

            var version = new FileVersion(0, 0, table.Build, 0);
            var of = new List<Hit>();
            if (query.Index is { } index)
            {
                foreach (var service in table.Services)
                {
                    if (service.Index == index.Value)
                    {
                        of.Add(new Hit(table.Architecture, table.Table, version, table.Label, service.Name, index));
                    }
                }
            }
            else
            {
                of.AddRange(table.IndicesOf(name!).Select(number => new Hit(table.Architecture, table.Table, version, table.Label, name, new ServiceIndex((uint)number))));
            }

            if (of.Count == 0)
            {
                of.Add(new Hit(table.Architecture, table.Table, version, table.Label, null, default));
            }

            var kernels = byKernels[(table.Architecture, table.Table, table.Build)];
            hits.AddRange(of.Where(hit => !kernels.Any() || (hit.Name is not null && !kernels.Any(kernel => kernel.Name == hit.Name && kernel.Index == hit.Index))));
        }
    }

    /// <summary>Joins consecutive builds that agree; a build that lacks the service ends a run.</summary>
    private static List<ServiceFindRow> Runs(List<Hit> hits)
    {
        var rows = new List<ServiceFindRow>();
        Hit? last = null;
        foreach (var hit in hits)
        {
            if (hit.Name is { } name)
            {
                if (last is { } before && before.Name == name && before.Index == hit.Index && before.Architecture == hit.Architecture && before.Table == hit.Table)
                {
                    var run = rows[^1];
                    rows[^1] = run with { To = hit.Text, Kernels = run.Kernels + (hit.IsPublished ? 0 : 1), Published = run.Published + (hit.IsPublished ? 1 : 0) };
                }
                else
                {
                    rows.Add(new ServiceFindRow
                    {
                        Name = name,
                        Index = hit.Index,
                        Architecture = hit.Architecture,
                        From = hit.Text,
                        To = hit.Text,
                        Kernels = hit.IsPublished ? 0 : 1,
                        Published = hit.IsPublished ? 1 : 0,
                    });
                }
            }

            last = hit;
        }

        return rows;
    }

    /// <summary>The name as tables spell it: users need not mind case.</summary>
    private static string SpelledAs(string name, KnowledgeBase knowledge) =>
        knowledge.TryGetPrototype(name, out _) ? name : NamesWhere(knowledge, other => string.Equals(other, name, StringComparison.OrdinalIgnoreCase)).FirstOrDefault(name);

    private static string Similar(ServiceQuery query, KnowledgeBase knowledge)
    {
        if (query.Name is not { Length: > 2 } name)
        {
            return string.Empty;
        }

        var part = name.StartsWith("Nt", StringComparison.OrdinalIgnoreCase) ? name[2..] : name;
        var similar = NamesWhere(knowledge, other => other.Contains(part, StringComparison.OrdinalIgnoreCase)).Distinct(StringComparer.Ordinal).Take(Suggestions).ToList();
        return similar.Count == 0 ? string.Empty : $"; similar are {string.Join(", ", similar)}";
    }

    private static IEnumerable<string> NamesWhere(KnowledgeBase knowledge, Func<string, bool> matches) =>
        knowledge.PublishedTables.Reverse().SelectMany(table => table.Services).Select(service => service.Name).Where(matches);

    /// <summary>What one build says: a kernel's own table, or a published one under its label.</summary>
    private readonly record struct Hit(
        ProcessorArchitecture Architecture, ServiceTableKind Table, FileVersion Version, string Label, string? Name, ServiceIndex Index) : IComparable<Hit>
    {
        public bool IsPublished => Label.Length > 0;

        public string Text => IsPublished ? Label : Version.ToString();

        public int CompareTo(Hit other)
        {
            var order = (Rank(Architecture), Table, Version.Build, Version.Revision).CompareTo((Rank(other.Architecture), other.Table, other.Version.Build, other.Version.Revision));
            return order != 0 ? order : string.CompareOrdinal(Label, other.Label);
        }

        private static int Rank(ProcessorArchitecture architecture) => architecture switch
        {
            ProcessorArchitecture.X64 => 0,
            ProcessorArchitecture.Arm64 => 1,
            _ => 2,
        };
    }
}
