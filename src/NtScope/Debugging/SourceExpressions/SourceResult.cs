using System.Globalization;
using NtScope.Debugging.Commands;
using NtScope.Debugging.Types;
using NtScope.Reports;
using NtScope.Symbols.Types;

namespace NtScope.Debugging.SourceExpressions;

/// <summary>The value of a C++ expression as <c>??</c> shows it: its type, then itself; structures field by field.</summary>
public sealed class SourceResult : ICommandResult
{
    private readonly DebuggerSession _session;
    private readonly TypeDisplay? _display;

    internal SourceResult(DebuggerSession session, SourceValue value)
    {
        _session = session;
        Value = value;
        var shown = value.Type.Kind == TypeKind.Pointer ? value.Type.Element! : value.Type;
        var place = value.Type.Kind == TypeKind.Pointer ? new VirtualAddress(value.Bits) : value.Address;
        if (shown.Kind is TypeKind.Structure or TypeKind.Union && session.Types.TryGetStructure(shown.Name, out var layout))
        {
            _display = new TypeDisplay(session, layout, place, new TypeDisplayOptions { HidesReadError = true });
        }
    }

    /// <summary>The value.</summary>
    public SourceValue Value { get; }

    /// <inheritdoc/>
    public IReportTable Table => _display?.Table ?? new ReportTable<ValueRow>([new ValueRow(Value.IsAggregate ? Value.Address!.Value.Value : Value.Bits)]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        writer.Write(SourceTypes.Text(Value.Type));
        if (Value.Type.Kind is TypeKind.Structure or TypeKind.Union)
        {
            writer.Write('\n');
        }
        else
        {
            writer.Write(' ' + Text() + "\n");
        }

        _display?.Write(writer, cancellation);
    }

    private string Text()
    {
        var type = Value.Type;
        switch (type.Kind)
        {
            case TypeKind.Pointer:
                var text = Pointer(Value.Bits);
                var unit = type.Element is { Kind: TypeKind.Base } element ? element.Name switch { "char" or "unsigned char" => 1, "wchar" => 2, _ => 0 } : 0;
                return unit > 0 && Value.Bits != 0 ? $"{text}\n {new ValueText(_session, isBlock: false).TextAt(new VirtualAddress(Value.Bits), unit)}" : text;
            case TypeKind.Array:
                var first = new ValueText(_session, isBlock: false).Of(new FieldLayout(string.Empty, 0, type.Element!), Value.Address!.Value, 0);
                return $"{Pointer(Value.Address!.Value.Value)}\n{first ?? "??"}";
            case TypeKind.Enumeration:
                var number = type.Size == sizeof(uint) ? (int)Value.Bits : (long)Value.Bits;
                var name = _session.Types.TryGetEnumeration(type.Name, out var layout) ? layout.Constants.FirstOrDefault(constant => constant.Value == number).Key : null;
                return string.Create(CultureInfo.InvariantCulture, $"{(name is null ? $"0n{number} (No matching enumerant)" : $"{name} (0n{number})")}");
            default:
                return Number(type);
        }
    }

    private string Number(TypeReference type)
    {
        if (SourceTypes.IsReal(type))
        {
            return FloatingPoint.Format(Value.Real);
        }

        var character = Value.Bits is >= 0x20 and < 0x7f ? ((char)Value.Bits).ToString() : string.Empty;
        return type.Name switch
        {
            "bool" => Value.IsTrue ? "true" : "false",
            "char" or "signed char" => string.Create(CultureInfo.InvariantCulture, $"0n{(long)Value.Bits} '{character}'"),
            "unsigned char" => string.Create(CultureInfo.InvariantCulture, $"0x{Value.Bits:x2} '{character}'"),
            "wchar" => string.Create(CultureInfo.InvariantCulture, $"0x{Value.Bits:x} '{character}'"),
            _ when SourceTypes.IsSigned(type) => string.Create(CultureInfo.InvariantCulture, $"0n{(long)Value.Bits}"),
            _ => ValueText.Unsigned(Value.Bits),
        };
    }

    private string Pointer(ulong value) => "0x" + _session.Format(new VirtualAddress(value));
}
