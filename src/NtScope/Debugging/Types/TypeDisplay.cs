using System.Globalization;
using System.IO.Enumeration;
using NtScope.Reports;
using NtScope.Symbols.Types;

namespace NtScope.Debugging.Types;

/// <summary>A structure as <c>dt</c> shows it: its layout, or the values of one in memory.</summary>
public sealed class TypeDisplay : ICommandResult
{
    private const int Indentation = 3;
    private const int NameColumns = 16;
    private readonly DebuggerSession _session;
    private readonly TypeDisplayOptions _options;
    private readonly TypeText _types;
    private readonly ValueText _values;
    private readonly List<FieldRow> _rows = [];
    private readonly int _nameColumns;
    private VirtualAddress? _unreadable;
    private int _structures;

    /// <summary>Reads a structure.</summary>
    /// <param name="session">The session.</param>
    /// <param name="layout">The structure.</param>
    /// <param name="address">Where one is; null to show the layout alone.</param>
    /// <param name="options">How it is shown.</param>
    public TypeDisplay(DebuggerSession session, StructureLayout layout, VirtualAddress? address, TypeDisplayOptions options)
    {
        _session = session;
        _options = options;
        _types = new TypeText(session.Types, options.IsVerbose, options.IsBlock);
        _values = new ValueText(session, options.IsBlock);
        _nameColumns = options.Filters.Count == 0 ? NameColumns : options.Filters.Max(filter => filter.Length);
        Layout = layout;
        Address = address;
        Collect(layout, address, 0, options.Filters);
    }

    /// <summary>The structure.</summary>
    public StructureLayout Layout { get; }

    /// <summary>Where the one shown is; null for the layout alone.</summary>
    public VirtualAddress? Address { get; }

    /// <summary>The fields, inner ones behind the one that holds them.</summary>
    public IReadOnlyList<FieldRow> Rows => _rows;

    /// <summary>Whether a field could not be read.</summary>
    public bool IsIncomplete => _unreadable is not null;

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<FieldRow>(_rows);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        if (_options.Filters.Count > 0 && _rows.Count == 0)
        {
            writer.Write("Cannot find specified field members.\n");
            return;
        }

        if (_options.IsVerbose) writer.Write(TypeText.Heading(Layout) + "\n");
        if (Address is { } address && _options.Filters.Count == 0 && _values.Summary(Layout.Name, address) is { } summary) writer.Write($" {summary}\n");
        foreach (var row in _rows)
        {
            if (cancellation.IsCancellationRequested)
            {
                return;
            }

            var indentation = new string(' ', IndentationOf(row.Depth));
            var offset = _options.HidesOffsets ? "" : string.Create(CultureInfo.InvariantCulture, $"+0x{row.Offset:x3} ");
            writer.Write($"{indentation}{offset}{row.Name.PadRight(_nameColumns)} : {row.Text ?? Missing(row)}\n");
        }

        if (_unreadable is { } missing && !_options.HidesReadError) writer.Write(string.Create(CultureInfo.InvariantCulture, $"Memory read error {missing.Value:x16}\n"));
    }

    private string? ValueOf(StructureLayout layout, FieldLayout field, VirtualAddress place, int indentation) =>
        field.Name == "Buffer" && ValueText.IsCountedString(layout.Name) && _values.Buffer(layout.Name, place - field.Offset) is { } buffer
            ? buffer
            : _values.Of(field, place, indentation);

    private static string Missing(FieldRow row) => row.IsPointer ? "???? " : "??";

    private int IndentationOf(int depth) => (depth * Indentation) + (_options.IsFlat ? 0 : Indentation);

    private void Collect(StructureLayout layout, VirtualAddress? address, int depth, IReadOnlyList<string> filters)
    {
        if (++_structures > Limits.DisplayedStructures)
        {
            return;
        }

        foreach (var field in layout.Fields)
        {
            var (isShown, inner) = Choose(field, filters);
            if (!isShown)
            {
                continue;
            }

            var place = address is { } start ? start + field.Offset : (VirtualAddress?)null;
            var indentation = IndentationOf(depth);
            var text = inner is not null ? "" : place is { } known ? ValueOf(layout, field, known, indentation) : _types.Of(field, indentation);
            if (text is null || (field.Type.Kind == TypeKind.Array && text.EndsWith("] ??", StringComparison.Ordinal))) _unreadable = place;
            _rows.Add(new FieldRow(depth, field.Offset, field.Name, text, place) { IsPointer = field.Type.Kind == TypeKind.Pointer });
            if (text is not null) Open(field, place, depth, inner);
        }
    }

    /// <summary>Whether the filters choose a field, and what they choose inside of it; null if it is shown itself.</summary>
    private (bool IsShown, string[]? Inner) Choose(FieldLayout field, IReadOnlyList<string> filters)
    {
        if (filters.Count == 0)
        {
            return (true, null);
        }

        foreach (var filter in filters)
        {
            var dot = filter.IndexOf('.', StringComparison.Ordinal);
            var own = dot < 0 ? filter : filter[..dot];
            if (FileSystemName.MatchesSimpleExpression(_options.MatchesPrefix && dot < 0 ? own + "*" : own, field.Name, ignoreCase: true))
            {
                return (true, dot < 0 ? null : filter[(dot + 1)..] is { Length: > 0 } rest ? [rest] : []);
            }
        }

        return (false, null);
    }

    private void Open(FieldLayout field, VirtualAddress? place, int depth, string[]? inner)
    {
        var type = field.Type;
        var opens = inner is not null || _options.IsBlock || (depth < _options.Depth && _options.Filters.Count == 0);
        if (!opens || field.BitLength > 0 || _session.Types.Source is not { } source)
        {
            return;
        }

        if (type.Kind == TypeKind.Pointer && !_options.IsBlock && type.Element is { Kind: TypeKind.Structure or TypeKind.Union } target)
        {
            VirtualAddress pointed = default;
            var readable = place is null || (_session.Memory.TryReadPointer(place.Value, out pointed, out _) && !pointed.IsZero);
            if (readable && source.TryGetStructure(target.Name, out var behind)) Collect(behind, place is null ? null : pointed, depth + 1, inner ?? []);
        }
        else if (type.Kind is TypeKind.Structure or TypeKind.Union && source.TryGetStructure(type.Name, out var inside) && inside != Layout)
        {
            Collect(inside, place, depth + 1, inner ?? []);
        }
    }
}
