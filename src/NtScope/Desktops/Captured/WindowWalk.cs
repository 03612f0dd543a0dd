using System.Buffers.Binary;
using System.Text;
using NtScope.Reports;

namespace NtScope.Desktops.Captured;

/// <summary>Walks the windows of a desktop in its session's memory: pDeskInfo, spwnd, spwndChild, then spwndNext; head.rpdesk must name the desktop.</summary>
internal sealed class WindowWalk(Win32kOffsets offsets, CapturedProcesses processes)
{
    private const uint ListedFields = 0x180;
    private const uint VisibleStyle = 0x10000000;
    private const int TitleCharacters = 512;
    private const ulong KernelHalf = 0xffff_8000_0000_0000;

    /// <summary>The top-level windows, topmost first.</summary>
    public IReadOnlyList<DesktopWindow> Read(IMemory memory, VirtualAddress desktop, List<Finding> findings)
    {
        var information = offsets.Prove("tagDESKTOP", "pDeskInfo", offset => Follow(memory, desktop + offset) is { } candidate && RootOf(memory, candidate, desktop) is not null);
        if (information is not { } place || Follow(memory, desktop + place) is not { } info || RootOf(memory, info, desktop) is not { } root)
        {
            return [];
        }

        // A parent pointer back to the root proves the child, and the child's own the field of the parent.
        var parent = offsets.Known("tagWND", "spwndParent");
        var child = offsets.Prove("tagWND", "spwndChild", offset => Follow(memory, root + offset) is { } candidate
            && candidate != root && IsWindowOf(memory, candidate, desktop) && HasParent(memory, candidate, root, parent));
        if (child is not { } first)
        {
            return [];
        }

        var windows = new List<DesktopWindow>();
        var seen = new HashSet<VirtualAddress> { root };
        for (var window = Follow(memory, root + first); window is { } present; window = NextOf(memory, present, desktop, root, seen))
        {
            if (!seen.Add(present) || seen.Count > Limits.Windows)
            {
                findings.Add(new Finding(DesktopFindings.BrokenList, $"the list of windows comes back to {present}"));
                break;
            }

            if (!IsWindowOf(memory, present, desktop))
            {
                findings.Add(new Finding(DesktopFindings.BrokenList, $"the list of windows leads to {present}, which is no window of this desktop"));
                break;
            }

            windows.Add(Describe(memory, present, findings));
        }

        return windows;
    }

    private VirtualAddress? NextOf(IMemory memory, VirtualAddress window, VirtualAddress desktop, VirtualAddress root, HashSet<VirtualAddress> seen)
    {
        var parent = offsets.Known("tagWND", "spwndParent");
        var next = offsets.Prove("tagWND", "spwndNext", offset => Follow(memory, window + offset) is { } candidate
            && !seen.Contains(candidate) && IsWindowOf(memory, candidate, desktop) && HasParent(memory, candidate, root, parent));
        return next is { } offset ? Follow(memory, window + offset) : null;
    }

    private VirtualAddress? RootOf(IMemory memory, VirtualAddress information, VirtualAddress desktop)
    {
        var root = offsets.Prove("tagDESKTOPINFO", "spwnd", offset => Follow(memory, information + offset) is { } candidate && IsWindowOf(memory, candidate, desktop));
        return root is { } offset && Follow(memory, information + offset) is { } window && IsWindowOf(memory, window, desktop) ? window : null;
    }

    private bool IsWindowOf(IMemory memory, VirtualAddress window, VirtualAddress desktop) =>
        Follow(memory, window + (offsets.Known("_THRDESKHEAD", "rpdesk") ?? 24)) == desktop
        && memory.TryReadUInt64(window + (offsets.Known("_THRDESKHEAD", "h") ?? 0), out var handle, out _) && handle is > 0 and <= uint.MaxValue;

    private static bool HasParent(IMemory memory, VirtualAddress window, VirtualAddress root, uint? known)
    {
        if (known is { } offset && Follow(memory, window + offset) == root)
        {
            return true;
        }

        for (uint other = 0x28; other < ListedFields; other += sizeof(ulong))
        {
            if (Follow(memory, window + other) == root)
            {
                return true;
            }
        }

        return false;
    }

    private DesktopWindow Describe(IMemory memory, VirtualAddress window, List<Finding> findings)
    {
        memory.TryReadUInt64(window + (offsets.Known("_THRDESKHEAD", "h") ?? 0), out var handle, out _);
        DesktopThread? owner = null;
        if (Follow(memory, window + (offsets.Known("_THRDESKHEAD", "pti") ?? 16)) is { } information
            && Follow(memory, information + (offsets.Known("tagTHREADINFO", "pEThread") ?? 0)) is { } thread && processes.IsThread(thread))
        {
            owner = processes.Read(thread, findings, out _);
        }

        return new DesktopWindow(handle, null, ReadTitle(memory, window), owner?.Pid, owner?.Tid, ReadVisible(memory, window), null);
    }

    private bool? ReadVisible(IMemory memory, VirtualAddress window)
    {
        // Since 17134 the style stands in a part of its own, which begins with the window's handle.
        if (offsets.Known("tagWND", "subPointer") is { } shared && offsets.Known("subTagWNDType", "style_bitmask") is { } bits)
        {
            return Follow(memory, window + shared) is { } part && memory.TryReadUInt32(part + bits, out var style, out _) ? (style & VisibleStyle) != 0 : null;
        }

        return offsets.Known("tagWND", "style") is { } place && memory.TryReadUInt32(window + place, out var plain, out _) ? (plain & VisibleStyle) != 0 : null;
    }

    private string? ReadTitle(IMemory memory, VirtualAddress window)
    {
        if (offsets.Known("tagWND", "directName") is { } direct)
        {
            return Follow(memory, window + direct) is { } buffer ? ReadCharacters(memory, buffer, TitleCharacters * sizeof(char), untilZero: true) : null;
        }

        // LARGE_STRING: the length in bytes, the capacity with a bit for ANSI, the buffer.
        return offsets.Known("tagWND", "strName") is { } name && memory.TryReadUInt32(window + name, out var length, out _)
            && memory.TryReadUInt32(window + name + 4, out var capacity, out _) && length <= (capacity & 0x7fffffff)
            ? length == 0 ? "" : Follow(memory, window + name + 8) is { } text ? ReadCharacters(memory, text, (int)Math.Min(length, TitleCharacters * sizeof(char)), untilZero: false) : null
            : null;
    }

    private static string? ReadCharacters(IMemory memory, VirtualAddress buffer, int bytes, bool untilZero)
    {
        Span<byte> characters = stackalloc byte[TitleCharacters * sizeof(char)];
        var read = memory.Read(buffer, characters[..bytes], out _) & ~1;
        if (read == 0)
        {
            return null;
        }

        var length = read;
        for (var i = 0; untilZero && i < read; i += sizeof(char))
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(characters[i..]) == 0)
            {
                length = i;
                break;
            }
        }

        return Encoding.Unicode.GetString(characters[..length]);
    }

    // Every structure of the walk lies in the kernel's half; anything else is no pointer.
    private static VirtualAddress? Follow(IMemory memory, VirtualAddress place) =>
        memory.TryReadPointer(place, out var value, out _) && value.Value >= KernelHalf ? value : null;
}
