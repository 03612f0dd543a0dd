using NtScope.Reports;

namespace NtScope.Kernel.Objects;

/// <summary>Lists the object namespace.</summary>
public static class ObjectAnalyser
{
    /// <summary>All objects under a path, by path.</summary>
    /// <param name="target">A machine's memory.</param>
    /// <param name="path">The directory to list (<c>\Device</c>); null or <c>\</c> for everything.</param>
    /// <param name="options">How to walk it.</param>
    /// <exception cref="InputException">The target has no kernel or layouts, or nothing has this path.</exception>
    public static Report<ObjectRow> Analyse(Target target, string? path = null, WalkOptions? options = null)
    {
        var context = new KernelContext(target, options?.Cancellation ?? default);
        var space = new ObjectNamespace(context, new ObjectManager(context));
        var start = (path ?? string.Empty).TrimEnd('\\');
        if (start.Length > 0 && space.Find(start) is null)
        {
            throw new InputException(target.Summary.Name, $"its object namespace has no {start}");
        }

        var rows = space.Entries
            .Where(entry => start.Length == 0 || entry.Path.StartsWith(start + '\\', StringComparison.OrdinalIgnoreCase)
                || entry.Path.Equals(start, StringComparison.OrdinalIgnoreCase))
            .OrderBy(entry => entry.Path, StringComparer.OrdinalIgnoreCase)
            .Select(entry => RowOf(context, space, entry))
            .ToList();
        return new Report<ObjectRow>(ObjectRow.Schema, target.Summary, rows, context.Notes);
    }

    private static ObjectRow RowOf(KernelContext context, ObjectNamespace space, NamespaceEntry entry)
    {
        var findings = new List<Finding>(entry.Findings);
        var target = space.TargetOf(entry, findings);
        var header = context.At("_OBJECT_HEADER", entry.Object - (context.OffsetOf("_OBJECT_HEADER", "Body") ?? 0), findings);
        return new ObjectRow(
            entry.Path,
            entry.TypeName,
            entry.Object,
            target,
            string.IsNullOrEmpty(target) ? null : space.Resolve(target)?.Object,
            (long?)header.Number("HandleCount"),
            (long?)header.Number("PointerCount"),
            findings);
    }
}
