using System.Globalization;
using System.Runtime.InteropServices;

namespace NtScope.Kernel;

/// <summary>Text and times as the kernel stores them.</summary>
public static class KernelText
{
    /// <summary>What stands behind a text that was cut.</summary>
    public const char CutMark = '\u2026';

    /// <summary>
    /// Reads a counted string (_UNICODE_STRING: length and capacity in bytes, then a pointer). Untrusted text; one that is longer than
    /// <paramref name="characters"/> is cut there and ends with <see cref="CutMark"/>.
    /// </summary>
    /// <param name="memory">The address space that maps it.</param>
    /// <param name="address">Where the structure is, not its buffer.</param>
    /// <param name="fault">Why it could not be read.</param>
    /// <param name="characters">How many characters at most.</param>
    /// <returns>The text; null if it cannot be read or its length is odd.</returns>
    public static string? ReadCounted(IMemory memory, VirtualAddress address, out ReadFault fault, int characters = Limits.NameCharacters)
    {
        if (!memory.TryReadUInt16(address, out var length, out fault)
            || !memory.TryReadPointer(address + (uint)memory.PointerSize, out var buffer, out fault))
        {
            return null;
        }

        if (length == 0)
        {
            return string.Empty;
        }

        if (length % sizeof(char) != 0)
        {
            fault = new ReadFault(ReadFaultKind.Unmapped, buffer.Value);
            return null;
        }

        var isCut = length / sizeof(char) > characters;
        var text = new char[isCut ? characters + 1 : length / sizeof(char)];
        text[^1] = CutMark;
        return memory.TryRead(buffer, MemoryMarshal.AsBytes(text.AsSpan(0, isCut ? characters : text.Length)), out fault) ? new string(text) : null;
    }

    /// <summary>A FILETIME (units of 100 ns since 1601, UTC) as ISO 8601; null for zero and for what is no time.</summary>
    public static string? Time(ulong? fileTime) =>
        FileTime.Parse(fileTime)?.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
