using System.Globalization;
using NtScope.Reports;
using NtScope.Symbols.Types;

namespace NtScope.Debugging.Types;

/// <summary>The elements of a list as <c>dt -l</c> shows them, up to its end, its start, or one that cannot be read.</summary>
public sealed class LinkedList : ICommandResult
{
    private readonly string _link;

    /// <summary>Follows a list.</summary>
    /// <param name="session">The session.</param>
    /// <param name="layout">The structure of the elements.</param>
    /// <param name="first">The first element.</param>
    /// <param name="link">The field that leads to the next: a pointer, or a list entry; dots go into inner structures.</param>
    /// <param name="options">How elements are shown.</param>
    /// <exception cref="DebuggerException">The structure has no such field.</exception>
    public LinkedList(DebuggerSession session, StructureLayout layout, VirtualAddress first, string link, TypeDisplayOptions options)
    {
        _link = link;
        var offset = OffsetOf(session, layout, link, out var isListEntry);
        var elements = new List<TypeDisplay>();
        var seen = new HashSet<VirtualAddress>();
        for (var element = first; !element.IsZero && seen.Add(element) && elements.Count < Limits.DisplayedStructures;)
        {
            elements.Add(new TypeDisplay(session, layout, element, options));
            if (!session.Memory.TryReadPointer(element + offset, out var next, out _) || next.IsZero)
            {
                break;
            }

            element = isListEntry ? next - offset : next;
        }

        Elements = elements;
    }

    /// <summary>The elements in order.</summary>
    public IReadOnlyList<TypeDisplay> Elements { get; }

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<FieldRow>([.. Elements.SelectMany(element => element.Rows)]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        foreach (var element in Elements)
        {
            if (cancellation.IsCancellationRequested)
            {
                return;
            }

            writer.Write($"{_link} at 0x{Hexadecimal.Wide(element.Address!.Value.Value)}\n---------------------------------------------\n");
            element.Write(writer, cancellation);
            writer.Write('\n');
        }
    }

    private static uint OffsetOf(DebuggerSession session, StructureLayout layout, string path, out bool isListEntry)
    {
        var offset = 0u;
        isListEntry = false;
        StructureLayout? inside = layout;
        foreach (var name in path.Split('.'))
        {
            if (inside is null || !inside.TryGetField(name, out var field))
            {
                throw new DebuggerException(string.Create(CultureInfo.InvariantCulture, $"Cannot find the list field {path} in {layout.Name}"));
            }

            offset += field.Offset;
            isListEntry = field.Type is { Kind: TypeKind.Structure, Name: "_LIST_ENTRY" };
            inside = field.Type.Kind is TypeKind.Structure or TypeKind.Union && session.Types.Source!.TryGetStructure(field.Type.Name, out var next) ? next : null;
        }

        return offset;
    }
}
