using System.Globalization;

namespace NtScope.Debugging.Commands;

/// <summary>What a memory format shows: how large a number is, how many stand on a line, and how one is written.</summary>
/// <param name="Format">The format.</param>
internal readonly record struct MemoryUnit(MemoryFormat Format)
{
    private const int BytesPerLine = 16;
    private const int SingleDigits = 8;
    private const int DoubleDigits = 12;
    private const int SingleColumns = 16;
    private const int DoubleColumns = 22;
    private const int UnreadableDoubleColumns = 24;

    /// <summary>The size of a number in bytes.</summary>
    public int Size => Format switch
    {
        MemoryFormat.Bytes or MemoryFormat.BitsOfBytes => 1,
        MemoryFormat.Words or MemoryFormat.WordsAndCharacters => 2,
        MemoryFormat.QuadWords or MemoryFormat.Doubles => 8,
        _ => 4,
    };

    /// <summary>How many numbers a line has if nothing else is asked.</summary>
    public int Columns => Format switch
    {
        MemoryFormat.Doubles => 3,
        MemoryFormat.BitsOfBytes => 4,
        MemoryFormat.BitsOfDoubleWords => 1,
        _ => BytesPerLine / Size,
    };

    /// <summary>How many numbers a dump has if no length is given.</summary>
    public uint DefaultCount => Format switch
    {
        MemoryFormat.Singles => 16,
        MemoryFormat.Doubles => 15,
        MemoryFormat.BitsOfBytes => 32,
        MemoryFormat.BitsOfDoubleWords => 8,
        _ => (uint)(128 / Size),
    };

    /// <summary>How many numbers a line can have: 256, or as many as have 256 characters behind them.</summary>
    public int MostColumns => HasCharacters ? 256 / Size : 256;

    /// <summary>Whether bytes come as characters behind the numbers.</summary>
    public bool HasCharacters => Format is MemoryFormat.Bytes or MemoryFormat.WordsAndCharacters or MemoryFormat.DoubleWordsAndCharacters;

    /// <summary>Whether numbers come in hexadecimal behind their bits.</summary>
    public bool HasNumbersBehind => Format is MemoryFormat.BitsOfBytes or MemoryFormat.BitsOfDoubleWords;

    /// <summary>How many characters a number takes.</summary>
    public int Width => Format switch
    {
        MemoryFormat.QuadWords => 17,
        MemoryFormat.Singles => SingleColumns,
        MemoryFormat.Doubles => DoubleColumns,
        MemoryFormat.BitsOfBytes => 8,
        MemoryFormat.BitsOfDoubleWords => 35,
        _ => Size * 2,
    };

    /// <summary>The lines above the first, ended, that number the bits.</summary>
    /// <param name="indentation">How far right the numbers start.</param>
    public string Heading(int indentation)
    {
        var margin = new string(' ', indentation);
        return Format switch
        {
            MemoryFormat.BitsOfBytes => $"{margin}76543210 76543210 76543210 76543210\n{margin}-------- -------- -------- --------\n",
            MemoryFormat.BitsOfDoubleWords => $"{margin} 3          2          1          0\n{margin}10987654 32109876 54321098 76543210\n{margin}-------- -------- -------- --------\n",
            _ => string.Empty,
        };
    }

    /// <summary>A number as the format writes it.</summary>
    public string Text(ulong value) => Format switch
    {
        MemoryFormat.QuadWords => Hexadecimal.Wide(value),
        MemoryFormat.Singles => FloatingPoint.Format(BitConverter.UInt32BitsToSingle((uint)value), SingleDigits).PadLeft(SingleColumns),
        MemoryFormat.Doubles => FloatingPoint.Format(BitConverter.UInt64BitsToDouble(value), DoubleDigits).PadLeft(DoubleColumns),
        MemoryFormat.BitsOfBytes => value.ToString("b8", CultureInfo.InvariantCulture),
        MemoryFormat.BitsOfDoubleWords => string.Create(
            CultureInfo.InvariantCulture, $"{(value >> 24) & 0xff:b8} {(value >> 16) & 0xff:b8} {(value >> 8) & 0xff:b8} {value & 0xff:b8}"),
        _ => Number(value),
    };

    /// <summary>What stands for a number that cannot be read.</summary>
    public string Unreadable() => Format switch
    {
        MemoryFormat.QuadWords => "????????`????????",
        MemoryFormat.Doubles => new string('?', UnreadableDoubleColumns),
        MemoryFormat.BitsOfDoubleWords => "???????? ???????? ???????? ????????",
        _ => new string('?', Width),
    };

    /// <summary>A number in hexadecimal with all its digits.</summary>
    public string Number(ulong value) => value.ToString("x" + (Size * 2).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
