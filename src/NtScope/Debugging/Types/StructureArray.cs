using System.Globalization;
using NtScope.Reports;
using NtScope.Symbols.Types;

namespace NtScope.Debugging.Types;

/// <summary>Structures one behind the other as <c>dt -a</c> shows them, up to one that cannot be read.</summary>
public sealed class StructureArray : ICommandResult
{
    private readonly DebuggerSession _session;

    internal StructureArray(DebuggerSession session, StructureLayout layout, VirtualAddress first, TypeDisplayOptions options)
    {
        _session = session;
        var elements = new List<TypeDisplay>();
        for (var element = first; elements.Count < Math.Min(options.Elements, Limits.DisplayedStructures); element += Math.Max(layout.Size, 1))
        {
            elements.Add(new TypeDisplay(session, layout, element, options));
            if (elements[^1].IsIncomplete) break;
        }

        Elements = elements;
    }

    /// <summary>The structures in order.</summary>
    public IReadOnlyList<TypeDisplay> Elements { get; }

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<FieldRow>([.. Elements.SelectMany(element => element.Rows)]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        for (var i = 0; i < Elements.Count && !cancellation.IsCancellationRequested; i++)
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"[{i}] @ {_session.Format(Elements[i].Address!.Value)} \n---------------------------------------------\n"));
            Elements[i].Write(writer, cancellation);
            if (!Elements[i].IsIncomplete) writer.Write('\n');
        }
    }
}
