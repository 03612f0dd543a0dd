using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Desktops.Security;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Desktops;

/// <summary>Finds desktops by the handles that processes hold.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class HandleTable
{
    private const int ExtendedHandleInformation = 64;
    private const int LengthMismatch = unchecked((int)0xc0000004);
    private const uint DuplicateHandles = 0x40;
    private const uint SameAccess = 2;
    private const int FirstBytes = 1 << 20;

    /// <summary>The desktops that handles show, one entry for each name, with the processes that hold one.</summary>
    public static Outcome<IReadOnlyList<DesktopHandleFacts>> Desktops()
    {
        // The type's index is that of a desktop handle of our own.
        var own = User32.GetThreadDesktop(Kernel32.GetCurrentThreadId());
        var table = ReadTable(out var error);
        if (table is null)
        {
            return Outcome<IReadOnlyList<DesktopHandleFacts>>.Failed(error);
        }

        var entries = Entries(table);
        var self = (nuint)Environment.ProcessId;
        ushort? type = null;
        foreach (var entry in entries)
        {
            if (entry.ProcessId == self && entry.Handle == (nuint)own)
            {
                type = entry.ObjectTypeIndex;
            }
        }

        return type is { } index ? new(Resolve(entries, index)) : Outcome<IReadOnlyList<DesktopHandleFacts>>.Failed(ErrorText.InvalidParameter);
    }

    private static List<DesktopHandleFacts> Resolve(ReadOnlySpan<HandleEntry> entries, ushort type)
    {
        var found = new Dictionary<string, (nuint Object, SortedSet<uint> Processes)>(StringComparer.OrdinalIgnoreCase);
        var names = new Dictionary<nuint, string>();
        foreach (var entry in entries)
        {
            if (entry.ObjectTypeIndex != type || (int)entry.ProcessId == Environment.ProcessId)
            {
                continue;
            }

            if (entry.Object == 0 || !names.TryGetValue(entry.Object, out var name))
            {
                name = ReadName(entry);
                if (name is null)
                {
                    continue;
                }

                names[entry.Object] = name;
            }

            if (!found.TryGetValue(name, out var facts))
            {
                facts = (entry.Object, []);
                found.Add(name, facts);
            }

            facts.Processes.Add((uint)entry.ProcessId);
        }

        return [.. found.Select(static pair => new DesktopHandleFacts(
            pair.Key,
            pair.Value.Object == 0 ? null : new VirtualAddress(pair.Value.Object),
            [.. pair.Value.Processes]))];
    }

    private static string? ReadName(HandleEntry entry)
    {
        using var process = Kernel32.OpenProcess(DuplicateHandles, inherit: false, (uint)entry.ProcessId);
        if (process.IsInvalid
            || !Kernel32.DuplicateHandle(process.Value, (nint)entry.Handle, Kernel32.GetCurrentProcess(), out var copy, DesktopRights.ReadObjects, inherit: false, 0))
        {
            return null;
        }

        var name = UserObject.ReadName(copy);
        User32.CloseDesktop(copy);
        return name.IsKnown ? name.Value : null;
    }

    private static byte[]? ReadTable(out int error)
    {
        for (var length = FirstBytes; length <= Limits.HandleTableBytes; length *= 2)
        {
            var bytes = new byte[length];
            int status;
            fixed (byte* buffer = bytes)
            {
                status = Ntdll.NtQuerySystemInformation(ExtendedHandleInformation, buffer, (uint)length, out _);
            }

            if (status != LengthMismatch)
            {
                error = status < 0 ? (int)Ntdll.RtlNtStatusToDosError(status) : 0;
                return status < 0 ? null : bytes;
            }
        }

        error = ErrorText.NotEnoughMemory;
        return null;
    }

    private static ReadOnlySpan<HandleEntry> Entries(byte[] table)
    {
        // SYSTEM_HANDLE_INFORMATION_EX: the number of handles and a reserved field, both of pointer size, then the entries.
        var count = (int)Math.Min(MemoryMarshal.Read<nuint>(table), (nuint)((table.Length - (2 * sizeof(nuint))) / sizeof(HandleEntry)));
        return MemoryMarshal.Cast<byte, HandleEntry>(table.AsSpan(2 * sizeof(nuint)))[..count];
    }
}
