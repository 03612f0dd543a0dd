using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using NtScope.Lab.Cpu;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Executive.Memory;

/// <summary>
/// The machine's memory as the processor and the executive share it without copying: every region that is mapped in the system's address
/// space lies in the machine's RAM and is mapped in the processor too. Accesses of the executive fail with <see cref="GuestFaultException"/>.
/// </summary>
internal sealed unsafe class GuestMemory : IMemory
{
    /// <summary>Bytes of a page.</summary>
    public const ulong PageSize = 0x1000;

    // Regions start in megabytes of their own, so a lookup needs the address's megabyte only.
    private const int CacheBits = 20;
    private readonly ICpu _cpu;
    private readonly LabAddressSpace _space;
    private readonly ulong _limit;
    private readonly GuestRegion?[] _cache = new GuestRegion?[64];
    private readonly List<GuestRegion> _regions = [];
    private ulong _used;
    private (string Name, MemoryAccess Access)? _next;

    /// <summary>Shares the memory of an address space.</summary>
    /// <param name="cpu">The processor.</param>
    /// <param name="space">The system's address space.</param>
    /// <param name="limit">The bytes that <see cref="Map"/> may take.</param>
    public GuestMemory(ICpu cpu, LabAddressSpace space, ulong limit)
    {
        (_cpu, _space, _limit) = (cpu, space, limit);
        foreach (var region in space.Regions)
        {
            Share(region);
        }

        space.RegionMapped += Share;
    }

    /// <inheritdoc/>
    public int PointerSize => sizeof(ulong);

    /// <summary>Makes the exception for an access of the executive that no mapping allows.</summary>
    public Func<ulong, MemoryAccess, Exception> Fault { get; set; } = (address, access) => new GuestFaultException(address, access);

    /// <summary>Makes the exception for memory that is used up.</summary>
    public Func<Exception> Exhausted { get; set; } = () => new InvalidOperationException("the machine's memory does not suffice for the machine itself");

    /// <summary>Is told how many bytes the executive goes over in one piece, for the budget.</summary>
    public Action<ulong> Touched { get; set; } = _ => { };

    /// <summary>The regions, ascending.</summary>
    public IReadOnlyList<GuestRegion> Regions => _regions;

    /// <summary>Maps zeroed memory.</summary>
    public GuestRegion Map(string name, ulong start, ulong size, MemoryAccess access)
    {
        if (!HasRoom(size))
        {
            throw Exhausted();
        }

        EnsureFree(name, start, size);
        EnsureCount();
        _next = (name, access);
        try
        {
            _space.Allocate(new VirtualAddress(start), size, AccessOf(start, access));
        }
        catch (InvalidOperationException)
        {
            _next = null;
            throw Exhausted();
        }

        _used += size;
        return Find(start)!;
    }

    /// <summary>Whether the limit leaves room.</summary>
    public bool HasRoom(ulong size) => size <= _limit - _used;

    /// <summary>Makes a region's memory visible at further addresses.</summary>
    public void MapAlias(string name, ulong start, GuestRegion original)
    {
        EnsureFree(name, start, original.Size);
        EnsureCount();
        _next = (name, original.Access);
        try
        {
            _space.Map(new VirtualAddress(start), original.Backing.Physical, original.Size, AccessOf(start, original.Access));
        }
        catch (InvalidOperationException)
        {
            _next = null;
            throw Exhausted();
        }
    }

    /// <summary>Finds addresses where nothing is mapped.</summary>
    /// <param name="from">Where to begin; a multiple of the alignment.</param>
    /// <param name="end">The addresses end in front of this one.</param>
    /// <param name="size">The bytes.</param>
    /// <param name="alignment">What the address is a multiple of; at least as much is free behind it.</param>
    public ulong? FindFree(ulong from, ulong end, ulong size, ulong alignment)
    {
        var at = from;
        var index = IndexOf(from);
        if (index > 0 && _regions[index - 1].End > at)
        {
            at = Behind(_regions[index - 1]);
        }

        for (; at < end && size <= end - at; index++)
        {
            if (index >= _regions.Count || (_regions[index].Start >= at && size + alignment <= _regions[index].Start - at))
            {
                return at;
            }

            at = Math.Max(at, Behind(_regions[index]));
        }

        return null;

        ulong Behind(GuestRegion region) => (region.End + (2 * alignment) - 1) & ~(alignment - 1);
    }

    /// <summary>Takes an alias away.</summary>
    public void UnmapAlias(ulong start) => Remove(Find(start)!, free: false);

    /// <summary>Takes a region away and frees its memory.</summary>
    public void Unmap(GuestRegion region)
    {
        Remove(region, free: true);
        _used -= region.Size;
    }

    /// <summary>The region that covers an address, or null.</summary>
    public GuestRegion? Find(ulong address)
    {
        ref var slot = ref _cache[(int)(address >> CacheBits) & 63];
        var cached = slot;
        if (cached is not null && address - cached.Start < cached.Size)
        {
            return cached;
        }

        var index = IndexOf(address + 1);
        if (index == 0 || address - _regions[index - 1].Start >= _regions[index - 1].Size)
        {
            return null;
        }

        return slot = _regions[index - 1];
    }

    /// <summary>The host address of <paramref name="size"/> bytes that lie in one region.</summary>
    /// <exception cref="GuestFaultException">They do not.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Pointer(ulong address, ulong size, MemoryAccess access = MemoryAccess.Read)
    {
        var region = Find(address);
        if (region is null)
        {
            throw Fault(address, access);
        }

        if (size > region.End - address)
        {
            throw Fault(region.End, access);
        }

        if (!region.Allows(address, size, access))
        {
            throw Fault(address, access);
        }

        region.Guard?.Check(address, size, access);
        return region.Host + (address - region.Start);
    }

    /// <summary>The bytes at an address, to read or, where the page allows it, to write.</summary>
    public Span<byte> Span(ulong address, int size, MemoryAccess access = MemoryAccess.Read)
    {
        if (size == 0)
        {
            return default;
        }

        if ((uint)size >= PageSize)
        {
            Touched((uint)size);
        }

        return new Span<byte>(Pointer(address, (ulong)size, access), size);
    }

    /// <summary>Whether all bytes can be accessed so.</summary>
    public bool IsValid(ulong address, ulong size, MemoryAccess access) =>
        Find(address) is { } region && size <= region.End - address && region.Allows(address, size, access);

    /// <summary>Reads a byte.</summary>
    public byte ReadByte(ulong address) => *Pointer(address, 1);

    /// <summary>Reads two bytes.</summary>
    public ushort ReadUInt16(ulong address) => *(ushort*)Pointer(address, 2);

    /// <summary>Reads four bytes.</summary>
    public uint ReadUInt32(ulong address) => *(uint*)Pointer(address, 4);

    /// <summary>Reads four bytes with sign.</summary>
    public int ReadInt32(ulong address) => *(int*)Pointer(address, 4);

    /// <summary>Reads eight bytes.</summary>
    public ulong ReadUInt64(ulong address) => *(ulong*)Pointer(address, 8);

    /// <summary>Reads eight bytes with sign.</summary>
    public long ReadInt64(ulong address) => *(long*)Pointer(address, 8);

    /// <summary>Writes a byte.</summary>
    public void WriteByte(ulong address, byte value) => *Pointer(address, 1, MemoryAccess.Write) = value;

    /// <summary>Writes two bytes.</summary>
    public void WriteUInt16(ulong address, ushort value) => *(ushort*)Pointer(address, 2, MemoryAccess.Write) = value;

    /// <summary>Writes four bytes.</summary>
    public void WriteUInt32(ulong address, uint value) => *(uint*)Pointer(address, 4, MemoryAccess.Write) = value;

    /// <summary>Writes eight bytes.</summary>
    public void WriteUInt64(ulong address, ulong value) => *(ulong*)Pointer(address, 8, MemoryAccess.Write) = value;

    /// <summary>Writes bytes.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != 0)
        {
            bytes.CopyTo(Span(address, bytes.Length, MemoryAccess.Write));
        }
    }

    /// <summary>Sets bytes to zero.</summary>
    public void Clear(ulong address, int size) => Span(address, size, MemoryAccess.Write).Clear();

    /// <summary>Reads UTF-16 text up to its terminator, at most <paramref name="limit"/> characters.</summary>
    public string ReadString(ulong address, int limit = GuestText.MaximumCharacters)
    {
        var length = LengthOfString(address, limit);
        if (length == 0)
        {
            return string.Empty;
        }

        var text = new char[length];
        _ = Read(new VirtualAddress(address), MemoryMarshal.AsBytes(text.AsSpan()), out _);
        return new string(text);
    }

    /// <summary>Reads bytes up to a zero byte as Latin-1 text, at most <paramref name="limit"/> characters.</summary>
    public string ReadAnsiString(ulong address, int limit = GuestText.MaximumCharacters)
    {
        var length = LengthOfAnsiString(address, limit);
        if (length == 0)
        {
            return string.Empty;
        }

        var text = new byte[length];
        _ = Read(new VirtualAddress(address), text, out _);
        return Encoding.Latin1.GetString(text);
    }

    /// <summary>The characters in front of UTF-16 text's terminator, at most <paramref name="limit"/>.</summary>
    public int LengthOfString(ulong address, int limit = int.MaxValue)
    {
        var length = 0;
        while (length < limit)
        {
            var at = address + ((ulong)length * 2);
            var room = RoomAt(at) / 2;
            if (room == 0)
            {
                // The character lies over the border of two regions, or where nothing is.
                if (ReadByte(at) == 0 & ReadByte(at + 1) == 0)
                {
                    break;
                }

                length++;
                continue;
            }

            var count = (int)Math.Min((ulong)(limit - length), Math.Min(room, int.MaxValue / 2));
            var region = Find(at)!;
            var found = new ReadOnlySpan<char>(region.Host + (at - region.Start), count).IndexOf('\0');
            region.Guard?.Check(at, (ulong)(found < 0 ? count : found + 1) * 2, MemoryAccess.Read);
            Touched(((ulong)(found < 0 ? count : found) + 1) * 2);
            if (found >= 0)
            {
                return length + found;
            }

            length += count;
        }

        return length;
    }

    /// <summary>The bytes in front of a zero byte, at most <paramref name="limit"/>.</summary>
    public int LengthOfAnsiString(ulong address, int limit = int.MaxValue)
    {
        var length = 0;
        while (length < limit)
        {
            var at = address + (ulong)length;
            var room = RoomAt(at);
            if (room == 0)
            {
                throw Fault(at, MemoryAccess.Read);
            }

            var count = (int)Math.Min((ulong)(limit - length), Math.Min(room, int.MaxValue));
            var region = Find(at)!;
            var found = new ReadOnlySpan<byte>(region.Host + (at - region.Start), count).IndexOf((byte)0);
            region.Guard?.Check(at, (ulong)(found < 0 ? count : found + 1), MemoryAccess.Read);
            Touched((ulong)(found < 0 ? count : found) + 1);
            if (found >= 0)
            {
                return length + found;
            }

            length += count;
        }

        return length;
    }

    /// <summary>Reads the text of a UNICODE_STRING; empty for a null pointer.</summary>
    public string ReadUnicodeString(ulong address)
    {
        if (address == 0)
        {
            return string.Empty;
        }

        var length = ReadUInt16(address) & ~1;
        return length == 0 ? string.Empty : new string(MemoryMarshal.Cast<byte, char>(Span(ReadUInt64(address + 8), length)));
    }

    /// <summary>Writes a UNICODE_STRING over a buffer.</summary>
    public void WriteUnicodeString(ulong address, ulong buffer, int bytes, int maximumBytes)
    {
        WriteUInt16(address, (ushort)bytes);
        WriteUInt16(address + 2, (ushort)maximumBytes);
        WriteUInt64(address + 8, buffer);
    }

    /// <summary>Writes UTF-16 text with a terminator.</summary>
    public void WriteString(ulong address, string text)
    {
        MemoryMarshal.AsBytes(text.AsSpan()).CopyTo(Span(address, text.Length * 2, MemoryAccess.Write));
        WriteUInt16(address + ((ulong)text.Length * 2), 0);
    }

    /// <inheritdoc/>
    public int Read(VirtualAddress address, Span<byte> destination, out ReadFault fault)
    {
        var done = 0;
        fault = default;
        while (done < destination.Length)
        {
            var at = address.Value + (ulong)done;
            if (Find(at) is not { } region)
            {
                fault = new ReadFault(ReadFaultKind.Unmapped, at);
                break;
            }

            var count = (int)Math.Min((ulong)(destination.Length - done), region.End - at);
            new ReadOnlySpan<byte>(region.Host + (at - region.Start), count).CopyTo(destination[done..]);
            done += count;
        }

        return done;
    }

    private static PageAccess AccessOf(ulong start, MemoryAccess access) =>
        (access.HasFlag(MemoryAccess.Write) ? PageAccess.Write : PageAccess.Read)
        | (access.HasFlag(MemoryAccess.Execute) ? PageAccess.Execute : PageAccess.Read)
        | (start >> 63 == 0 ? PageAccess.User : PageAccess.Read);

    private void Share(MemoryRegion mapped)
    {
        var (name, access) = _next ?? ("system", MemoryAccess.Read
            | (mapped.Access.HasFlag(PageAccess.Write) ? MemoryAccess.Write : MemoryAccess.None)
            | (mapped.Access.HasFlag(PageAccess.Execute) ? MemoryAccess.Execute : MemoryAccess.None));
        _next = null;
        _cpu.Map(mapped.Start.Value, mapped.Length, mapped.Host, access);
        _regions.Insert(IndexOf(mapped.Start.Value), new GuestRegion(name, mapped, access));
    }

    private void Remove(GuestRegion region, bool free)
    {
        _cpu.Unmap(region.Start, region.Size);
        _regions.Remove(region);
        Array.Clear(_cache);
        _space.Unmap(region.Backing, free);
    }

    private void EnsureFree(string name, ulong start, ulong size)
    {
        var index = IndexOf(start);
        if ((index < _regions.Count && _regions[index].Start < start + size) || (index > 0 && _regions[index - 1].End > start))
        {
            throw new InvalidOperationException($"{name} at 0x{start:x} overlaps another region");
        }
    }

    private ulong RoomAt(ulong address) => Find(address)?.RoomAt(address, MemoryAccess.Read) ?? 0;

    // Also charges what the emulator does for a change of its map.
    private void EnsureCount()
    {
        Touched((ulong)_regions.Count * LabLimits.BytesOfRegion);
        if (_regions.Count >= LabLimits.Regions)
        {
            throw Exhausted();
        }
    }

    private int IndexOf(ulong start)
    {
        var low = 0;
        var high = _regions.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_regions[middle].Start < start)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
