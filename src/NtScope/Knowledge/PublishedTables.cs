using System.Collections;
using NtScope.Knowledge.Storage;

namespace NtScope.Knowledge;

/// <summary>The published service tables of all builds: x64, ARM64 and x86, from NT 3.1 on.</summary>
public sealed class PublishedTables : IReadOnlyList<PublishedTable>
{
    /// <summary>Builds that run one and the same kernel: an enablement package only changes the number that they show.</summary>
    private static readonly int[][] Families = [[18362, 18363], [19041, 19042, 19043, 19044, 19045], [22621, 22631], [26100, 26120, 26200]];

    private readonly PublishedTable[] _tables;

    internal PublishedTables(ServiceFile file) => _tables = Array.ConvertAll(file.ReadPublished(), record => new PublishedTable(file, record));

    /// <inheritdoc/>
    public int Count => _tables.Length;

    /// <inheritdoc/>
    public PublishedTable this[int index] => _tables[index];

    /// <summary>The table with a label (<c>19041</c>, <c>2600-sp3</c>), or null.</summary>
    public PublishedTable? Find(ProcessorArchitecture architecture, ServiceTableKind table, string label) =>
        Array.Find(_tables, t => t.Architecture == architecture && t.Table == table && string.Equals(t.Label, label, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// The table that fits a build best: of the build itself, its latest service pack where several are published; else of a build that
    /// runs the same kernel (19045 runs that of 19041); else null.
    /// </summary>
    public PublishedTable? ForBuild(ProcessorArchitecture architecture, ServiceTableKind table, int build)
    {
        var family = Array.Find(Families, f => f.Contains(build)) ?? [build];
        PublishedTable? best = null;
        foreach (var candidate in _tables)
        {
            if (candidate.Architecture == architecture && candidate.Table == table && family.Contains(candidate.Build)
                && (best is null || IsBetter(candidate, best, build)))
            {
                best = candidate;
            }
        }

        return best;
    }

    /// <inheritdoc/>
    public IEnumerator<PublishedTable> GetEnumerator() => ((IEnumerable<PublishedTable>)_tables).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static bool IsBetter(PublishedTable candidate, PublishedTable best, int build)
    {
        var distance = Math.Abs(candidate.Build - build).CompareTo(Math.Abs(best.Build - build));
        return distance < 0 || (distance == 0 && string.CompareOrdinal(candidate.Label, best.Label) > 0);
    }
}
