using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using NtScope.Symbols.Types;

namespace NtScope.Debugging.Types;

/// <summary>Values of fields as <c>dt</c> writes them.</summary>
/// <param name="session">Memory, symbols and layouts.</param>
/// <param name="isBlock">Whether what pointers point at is left out.</param>
internal sealed class ValueText(DebuggerSession session, bool isBlock)
{
    private const int LongestString = 256;
    private const int SmallestNumberedBitField = 5;

    /// <summary>The value of a field at <paramref name="address"/>; null if it cannot be read.</summary>
    public string? Of(FieldLayout field, VirtualAddress address, int indentation)
    {
        if (field.BitLength == 0)
        {
            return Of(field.Type, address, indentation);
        }

        if (!TryRead(address, (int)field.Type.Size, out var unit))
        {
            return null;
        }

        var value = (unit >> field.BitPosition) & (field.BitLength >= 64 ? ulong.MaxValue : (1UL << field.BitLength) - 1);
        var digits = value.ToString("b", CultureInfo.InvariantCulture).PadLeft(field.BitLength, '0');
        return field.BitLength < SmallestNumberedBitField ? "0y" + digits : $"0y{digits} ({(value == 0 ? "0" : "0x" + value.ToString("x", CultureInfo.InvariantCulture))})";
    }

    /// <summary>The buffer of a counted string: its address and as much of its text as the string's length says; null if it cannot be read.</summary>
    public string? Buffer(string structure, VirtualAddress address) =>
        TryReadPointer(address + (ulong)session.PointerSize, out var buffer) && buffer != 0 && Summary(structure, address) is { } text ? $"{Pointer(buffer)}  {text}" : null;

    /// <summary>The text at an address up to its zero, in quotes.</summary>
    /// <param name="address">Where it starts.</param>
    /// <param name="unit">The size of a character in bytes: 1 or 2.</param>
    public string TextAt(VirtualAddress address, int unit) => Quoted(address, unit, LongestString * unit, stopsAtZero: true);

    /// <summary>Whether a structure is a counted string: length, maximum length, buffer.</summary>
    public static bool IsCountedString(string structure) => structure is "_UNICODE_STRING" or "_STRING" or "_ANSI_STRING";

    /// <summary>What a structure adds behind its name, or in front of its fields: both links of a list entry, the text of a string.</summary>
    public string? Summary(string structure, VirtualAddress address)
    {
        switch (structure)
        {
            case "_LIST_ENTRY":
                if (!TryReadPointer(address, out var next)) return null;
                TryReadPointer(address + (ulong)session.PointerSize, out var previous);
                return $"[ {Pointer(next)} - {Pointer(previous)} ]";
            case "_LARGE_INTEGER" or "_ULARGE_INTEGER":
                return TryRead(address, 8, out var number) ? Unsigned(number, alwaysPrefix: true) : null;
            case "_GUID":
                Span<byte> guid = stackalloc byte[16];
                return session.Memory.TryRead(address, guid, out _) ? new Guid(guid).ToString("B") : null;
            case var counted when IsCountedString(counted):
                return TryRead(address, 2, out var length) && TryReadPointer(address + (ulong)session.PointerSize, out var buffer)
                    ? Quoted(buffer, structure == "_UNICODE_STRING" ? 2 : 1, (int)length)
                    : null;
            default:
                return null;
        }
    }

    /// <summary>A number without a sign as the debugger writes it: decimal below ten, else hexadecimal.</summary>
    public static string Unsigned(ulong value, bool alwaysPrefix = false)
    {
        if (value < 10 && !alwaysPrefix) return value.ToString(CultureInfo.InvariantCulture);
        return "0x" + (value > uint.MaxValue ? Hexadecimal.Wide(value) : value.ToString("x", CultureInfo.InvariantCulture));
    }

    private static string Character(ulong value, string number) => $"{number} '{(value is >= 0x20 and < 0x7f ? (char)value : "")}'";

    private string? Of(TypeReference type, VirtualAddress address, int indentation)
    {
        switch (type.Kind)
        {
            case TypeKind.Structure or TypeKind.Union:
                var summary = Summary(type.Name, address);
                return TypeText.Shown(type.Name) + (summary is null ? "" : " " + summary);
            case TypeKind.Array:
                return Array(type, address, indentation);
            case TypeKind.Pointer:
                return TryReadPointer(address, out var pointer) ? PointerTo(type.Element!, pointer, indentation) : null;
            case TypeKind.Enumeration:
                return TryRead(address, (int)type.Size, out var constant) ? Enumerated(type, constant) : null;
            default:
                return TryRead(address, (int)type.Size, out var value) ? Number(type, value) : null;
        }
    }

    private static string Number(TypeReference type, ulong value)
    {
        switch (type.Name)
        {
            case "unsigned char" or "bool":
                return Character(value, value == 0 ? "0" : Unsigned(value, alwaysPrefix: true));
            case "char" or "signed char":
                return Character(value, ((sbyte)value).ToString(CultureInfo.InvariantCulture));
            case "wchar":
                return Character(value, value == 0 ? "0" : Unsigned(value, alwaysPrefix: true));
            case "float":
                return FloatingPoint.Format(BitConverter.UInt32BitsToSingle((uint)value));
            case "double":
                return FloatingPoint.Format(BitConverter.UInt64BitsToDouble(value));
            case "short" or "int" or "long" or "long long":
                var signed = type.Size switch { 2 => (short)value, 4 => (int)value, _ => unchecked((long)value) };
                return "0n" + signed.ToString(CultureInfo.InvariantCulture);
            default:
                return Unsigned(value);
        }
    }

    private string Enumerated(TypeReference type, ulong value)
    {
        var signed = type.Size == 4 ? (int)value : unchecked((long)value);
        var name = session.Types.TryGetEnumeration(type.Name, out var layout)
            ? layout.Constants.FirstOrDefault(constant => constant.Value == signed).Key
            : null;
        return Unsigned(value) + (name is null ? " (No matching name)" : $" ( {name} )");
    }

    private string Array(TypeReference type, VirtualAddress address, int indentation)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"[{type.Count}] ");
        var unit = type.Element!.Name switch { "char" or "unsigned char" => 1, "wchar" => 2, _ => 0 };
        if (unit > 0 && type.Element.Kind == TypeKind.Base)
        {
            return $"{prefix} {Quoted(address, unit, (int)Math.Min(type.Count, LongestString) * unit, stopsAtZero: true)}";
        }

        return prefix + (Of(type.Element, address, indentation) ?? "??");
    }

    private string PointerTo(TypeReference element, ulong pointer, int indentation)
    {
        if (pointer == 0)
        {
            return "(null) ";
        }

        var text = Pointer(pointer);
        switch (element.Kind)
        {
            case TypeKind.Function:
                return text + new string(' ', indentation + 2) + "void  " + (session.Symbols.TryGetNearest(new VirtualAddress(pointer), out var place)
                    ? $"{place.Module.Name}!{place.Name}+{place.Displacement:x}"
                    : $"+{pointer:x}");
            case TypeKind.Structure or TypeKind.Union when isBlock:
                return text + " ";
            case TypeKind.Structure or TypeKind.Union:
                var summary = Summary(element.Name, new VirtualAddress(pointer));
                return $"{text} {TypeText.Shown(element.Name)}{(summary is null ? "" : " " + summary)}";
            case TypeKind.Base when element.Name == "void":
                return text + (isBlock ? " " : " Void");
            case TypeKind.Base when element.Name is "char" or "unsigned char" or "wchar":
                var unit = element.Name == "wchar" ? 2 : 1;
                return $"{text}  {Quoted(new VirtualAddress(pointer), unit, LongestString * unit, stopsAtZero: true)}";
            default:
                return $"{text}  -> {Of(element, new VirtualAddress(pointer), indentation) ?? (element.Kind == TypeKind.Pointer ? "???? " : "??")}";
        }
    }

    private string Pointer(ulong value) => "0x" + Hexadecimal.Address(value, session.PointerSize);

    private string Quoted(ulong buffer, int unit, int bytes) =>
        bytes == 0 || buffer == 0 ? "\"\"" : Quoted(new VirtualAddress(buffer), unit, Math.Min(bytes, LongestString * unit));

    private string Quoted(VirtualAddress address, int unit, int bytes, bool stopsAtZero = false)
    {
        var buffer = new byte[bytes];
        var read = session.Memory.Read(address, buffer, out _);
        if (read < unit)
        {
            return $"\"--- memory read error at address 0x{Hexadecimal.Address(address.Value, session.PointerSize)} ---\"";
        }

        var text = new StringBuilder("\"");
        for (var i = 0; i + unit <= read; i += unit)
        {
            var character = unit == 2 ? (char)BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(i)) : (char)buffer[i];
            if (character == '\0')
            {
                if (stopsAtZero || i > 0) break;
            }

            if (unit == 1 && character is < (char)0x20 or >= (char)0x7f)
            {
                return text.Append("???\"").ToString();
            }

            text.Append(char.IsControl(character) ? '.' : character);
        }

        return text.Append('"').ToString();
    }

    private bool TryRead(VirtualAddress address, int size, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        var read = size is > 0 and <= sizeof(ulong) && session.Memory.TryRead(address, bytes[..size], out _);
        value = read ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        return read;
    }

    private bool TryReadPointer(VirtualAddress address, out ulong value) => TryRead(address, session.PointerSize, out value);
}
