using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
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
        var found = new Dictionary<string, (HandleEntry Best, SortedSet<uint> Processes)>(StringComparer.OrdinalIgnoreCase);
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

            var (best, processes) = found.TryGetValue(name, out var facts) ? facts : (entry, []);
            processes.Add((uint)entry.ProcessId);
            found[name] = (BitOperations.PopCount(entry.GrantedAccess) > BitOperations.PopCount(best.GrantedAccess) ? entry : best, processes);
        }

        return [.. found.Select(static pair => new DesktopHandleFacts(
            pair.Key,
            pair.Value.Best.Object == 0 ? null : new VirtualAddress(pair.Value.Best.Object),
            [.. pair.Value.Processes],
            (uint)pair.Value.Best.ProcessId,
            (nint)pair.Value.Best.Handle))];
    }

    /// <summary>A copy of a desktop handle of another process, with the rights that it grants there; null if the process may not be opened for that.</summary>
    public static DesktopHandle? Copy(uint process, nint handle)
    {
        using var owner = Kernel32.OpenProcess(DuplicateHandles, inherit: false, process);
        return !owner.IsInvalid && Kernel32.DuplicateHandle(owner.Value, handle, Kernel32.GetCurrentProcess(), out var copy, 0, inherit: false, SameAccess)
            ? new DesktopHandle(copy)
            : null;
    }

    private static string? ReadName(HandleEntry entry)
    {
        using var copy = Copy((uint)entry.ProcessId, (nint)entry.Handle);
        return copy is null ? null : UserObject.ReadName(copy.Value).Value;
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
