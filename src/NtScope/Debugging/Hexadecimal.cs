using System.Globalization;

namespace NtScope.Debugging;

/// <summary>Numbers as WinDbg writes them.</summary>
public static class Hexadecimal
{
    /// <summary>An address of the target: <c>fffff804`13c3ec20</c> on 64-bit targets, <c>8053ca60</c> on 32-bit ones.</summary>
    /// <param name="value">The address.</param>
    /// <param name="pointerSize">The size of a pointer on the target, in bytes.</param>
    public static string Address(ulong value, int pointerSize) =>
        pointerSize == sizeof(uint) ? ((uint)value).ToString("x8", CultureInfo.InvariantCulture) : Wide(value);

    /// <summary>Sixteen digits with a backtick in the middle: <c>00000000`00000055</c>.</summary>
    public static string Wide(ulong value) =>
        string.Create(17, value, static (text, number) =>
        {
            ((uint)(number >> 32)).TryFormat(text, out _, "x8", CultureInfo.InvariantCulture);
            text[8] = '`';
            ((uint)number).TryFormat(text[9..], out _, "x8", CultureInfo.InvariantCulture);
        });
}
