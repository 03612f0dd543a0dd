using System.Runtime.InteropServices;
using NtScope.Images;

namespace NtScope.Syscalls;

/// <summary>
/// The function slots that win32k.sys (19041 and later) fills from the modules that host an API set. A descriptor gives the set's name,
/// the name of the array that the host exports, and how many functions it has; a pointer to the slots stands before the pointer to it.
/// </summary>
internal sealed class ApiSetSlots
{
    private const string TablePrefix = "ext_ms_";
    private const int CountOffset = 24;
    private const int LongestName = 256;

    private readonly List<(uint Start, uint Count, string Module, string Table)> _sets = [];

    public ApiSetSlots(PeImage image)
    {
        if (!image.Is64Bit)
        {
            return;
        }

        var relocations = image.Relocations.Rvas;
        for (var i = 0; i + 1 < relocations.Length && _sets.Count < Limits.ImportedModules; i++)
        {
            if (relocations[i + 1] == relocations[i] + sizeof(ulong)
                && image.TryReadPointer(relocations[i], out var slots) && image.TryReadPointer(relocations[i + 1], out var descriptor)
                && image.TryReadUInt32(descriptor + CountOffset, out var count) && count is > 0 and <= Limits.ServicesPerTable
                && image.TryReadPointer(descriptor, out var name) && image.TryReadPointer(descriptor + sizeof(ulong), out var table)
                && Text(image, table) is { } tableName && tableName.StartsWith(TablePrefix, StringComparison.Ordinal)
                && WideText(image, name) is { } setName)
            {
                _sets.Add((slots, count, setName, tableName));
            }
        }
    }

    public HandedOnService? Find(uint slot)
    {
        foreach (var (start, count, module, table) in _sets)
        {
            if (slot >= start && slot < start + (count * sizeof(ulong)) && (slot - start) % sizeof(ulong) == 0)
            {
                return new HandedOnService(null, module, table, (int)(slot - start) / sizeof(ulong));
            }
        }

        return null;
    }

    private static string? Text(PeImage image, uint rva)
    {
        Span<byte> bytes = stackalloc byte[LongestName];
        bytes = bytes[..image.Read(rva, bytes, out _)];
        var end = bytes.IndexOf((byte)0);
        return end > 0 ? System.Text.Encoding.ASCII.GetString(bytes[..end]) : null;
    }

    private static string? WideText(PeImage image, uint rva)
    {
        Span<byte> bytes = stackalloc byte[LongestName];
        var characters = MemoryMarshal.Cast<byte, char>(bytes[..image.Read(rva, bytes, out _)]);
        var end = characters.IndexOf('\0');
        return end > 0 ? new string(characters[..end]) : null;
    }
}
