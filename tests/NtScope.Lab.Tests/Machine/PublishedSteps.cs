using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using NtScope.Symbols;
using NtScope.Symbols.Types;

namespace NtScope.Lab.Tests.Machine;

/// <summary>
/// Reads physical memory by the steps that Volatility 3 publishes: the self-referencing page table in its usual places, the kernel's base from the
/// debugger block or the loader's record, RSDS, and from there lists by symbols. It shares nothing with the reader of this project.
/// </summary>
internal sealed class PublishedSteps
{
    private const ulong FrameMask = 0x3F_FFFF_FFFF_F000;

    private readonly IPhysicalMemory _memory;
    private readonly ISymbolSource _symbols;
    private readonly ITypeSource _types;

    public PublishedSteps(IPhysicalMemory memory, ISymbolSource symbols, ITypeSource types)
    {
        _memory = memory;
        _symbols = symbols;
        _types = types;
        (DirectoryTable, SelfMapIndex) = FindDirectoryTable() ?? throw new InvalidOperationException("no page table refers to itself");
        Base = FindBase() ?? throw new InvalidOperationException("neither the debugger block nor the loader's record leads to an image");
    }

    public ulong DirectoryTable { get; }

    public int SelfMapIndex { get; }

    public ulong Base { get; }

    public ulong Symbol(string name) => _symbols.TryGetRva(name, out var rva) ? Base + rva : throw new InvalidOperationException($"no symbol {name}");

    public bool HasSymbol(string name) => _symbols.TryGetRva(name, out _);

    public ulong Offset(string structure, string path)
    {
        ulong offset = 0;
        foreach (var name in path.Split('.'))
        {
            _types.TryGetStructure(structure, out var layout).ShouldBeTrue(structure);
            layout!.TryGetField(name, out var field).ShouldBeTrue($"{structure}.{name}");
            offset += field!.Offset;
            structure = field.Type.Name;
        }

        return offset;
    }

    /// <summary>The identity in the first 4 MiB of the image.</summary>
    public (Guid Guid, uint Age, string Name) FindIdentity()
    {
        var image = new byte[0x40_0000];
        for (var at = 0; at < image.Length; at += 0x1000)
        {
            TryRead(Base + (ulong)at, image.AsSpan(at, 0x1000), DirectoryTable);
        }

        var found = image.AsSpan().IndexOf("RSDS"u8);
        found.ShouldBeGreaterThan(0);
        var name = image.AsSpan(found + 24);
        return (new Guid(image.AsSpan(found + 4, 16)), BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(found + 20)), Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]));
    }

    public List<(ulong Base, uint Size, string Name)> Modules() =>
        [.. Walk(Symbol("PsLoadedModuleList")).Select(entry => (Read64(entry + 0x30), Read32(entry + 0x40), ReadUnicode(entry + 0x58)))];

    public List<(uint Id, string Name, ulong Object)> Processes()
    {
        var links = Offset("_EPROCESS", "ActiveProcessLinks");
        return [.. Walk(Symbol("PsActiveProcessHead")).Select(entry => entry - links).Select(process => (ProcessId(process), ProcessName(process), process))];
    }

    /// <summary>Processes by their pool tag: the header, its size and type, then the structure behind an object header.</summary>
    public List<(uint Id, string Name)> ScanProcesses(int build)
    {
        var (tag, found) = (build < 9200 ? "Pro\u00E3" : "Proc", new List<(uint, string)>());
        var (body, id, name, table) = (Offset("_OBJECT_HEADER", "Body"), Offset("_EPROCESS", "UniqueProcessId"), Offset("_EPROCESS", "ImageFileName"), Offset("_EPROCESS", "Pcb.DirectoryTableBase"));
        ForEachPage((address, page) =>
        {
            for (var at = 0; at + 16 <= page.Length; at += 16)
            {
                if (Encoding.Latin1.GetString(page.AsSpan(at + 4, 4)) == tag && page[at + 2] * 16 >= 600 && page[at + 3] != 0)
                {
                    for (var header = 16ul; header <= 0x90; header += 16)
                    {
                        var process = address + (ulong)at + header + body;
                        var (pid, text) = ((uint)Physical64(process + id), PhysicalText(process + name, 15));
                        if (pid is > 0 and < 0x10000 && pid % 4 == 0 && text.Length > 0 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '.') && Physical64(process + table) % 0x1000 == 0)
                        {
                            found.Add((pid, text));
                            break;
                        }
                    }
                }
            }
        });
        return found;
    }

    /// <summary>The type of an object, by its header's index and the cookie.</summary>
    public string TypeOf(ulong body)
    {
        var header = body - Offset("_OBJECT_HEADER", "Body");
        var index = (byte)Read64(header + Offset("_OBJECT_HEADER", "TypeIndex"));
        if (HasSymbol("ObHeaderCookie"))
        {
            index ^= (byte)((byte)(header >> 8) ^ (byte)Read64(Symbol("ObHeaderCookie")));
        }

        return ReadUnicode(Read64(Symbol("ObTypeIndexTable") + index * 8ul) + Offset("_OBJECT_TYPE", "Name"));
    }

    /// <summary>The objects of a process's handle table of one level.</summary>
    public List<ulong> Handles(ulong process)
    {
        var code = Read64(Read64(process + Offset("_EPROCESS", "ObjectTable")) + Offset("_HANDLE_TABLE", "TableCode"));
        (code & 7).ShouldBe(0ul);
        _types.TryGetStructure("_HANDLE_TABLE_ENTRY", out var entry).ShouldBeTrue();
        var isPacked = entry!.TryGetField("ObjectPointerBits", out _);
        var objects = new List<ulong>();
        for (var index = 1ul; index < 256; index++)
        {
            if (Read64(code + index * 16) is not 0 and var low)
            {
                objects.Add((isPacked ? low >> 20 << 4 | 0xFFFF_0000_0000_0000 : low & ~7ul) + Offset("_OBJECT_HEADER", "Body"));
            }
        }

        return objects;
    }

    /// <summary>The first words of the debugger's block, decoded where the kernel holds it encoded.</summary>
    public ulong[] DebuggerBlock(int words)
    {
        var block = Enumerable.Range(0, words).Select(index => Read64(Symbol("KdDebuggerDataBlock") + (ulong)index * 8)).ToArray();
        if (!HasSymbol("KdpDataBlockEncoded") || (byte)Read64(Symbol("KdpDataBlockEncoded")) == 0)
        {
            return block;
        }

        var (never, always) = (Read64(Symbol("KiWaitNever")), Read64(Symbol("KiWaitAlways")));
        return [.. block.Select(word => BinaryPrimitives.ReverseEndianness(BitOperations.RotateLeft(word ^ never, (int)(never & 0xFF)) ^ Symbol("KdpDataBlockEncoded")) ^ always)];
    }

    public IEnumerable<ulong> Walk(ulong head)
    {
        for (var (entry, count) = (Read64(head), 0); entry != head; entry = Read64(entry))
        {
            (++count).ShouldBeLessThan(10_000);
            yield return entry;
        }
    }

    public ulong Read64(ulong address, ulong? root = null)
    {
        Span<byte> bytes = stackalloc byte[8];
        TryRead(address, bytes, root ?? DirectoryTable).ShouldBeTrue($"{address:x}");
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public uint Read32(ulong address, ulong? root = null) => (uint)Read64(address, root);

    public string ReadText(ulong address, int length)
    {
        var bytes = new byte[length];
        TryRead(address, bytes, DirectoryTable).ShouldBeTrue();
        return Encoding.Latin1.GetString(bytes).Split('\0')[0];
    }

    public string ReadUnicode(ulong address, ulong? root = null)
    {
        var bytes = new byte[(ushort)Read64(address, root)];
        TryRead(Read64(address + 8, root), bytes, root ?? DirectoryTable).ShouldBeTrue();
        return Encoding.Unicode.GetString(bytes);
    }

    private uint ProcessId(ulong process) => Read32(process + Offset("_EPROCESS", "UniqueProcessId"));

    private string ProcessName(ulong process) => ReadText(process + Offset("_EPROCESS", "ImageFileName"), 15);

    private (ulong, int)? FindDirectoryTable() =>
        FindSelfReference([(0x1A_0000, 0x10_0000), (0x65_0000, 0xA_0000)], 0x100, 0x1FE) ?? FindSelfReference([(0x3_0000, 0x100_0000)], 0x1ED, 0x1ED);

    private (ulong, int)? FindSelfReference((ulong Start, ulong Length)[] sections, int first, int last)
    {
        var page = new byte[0x1000];
        foreach (var (start, length) in sections)
        {
            for (var address = start; address < start + length; address += 0x1000)
            {
                if (_memory.Read(new PhysicalAddress(address), page, out _) != page.Length)
                {
                    continue;
                }

                var references = Enumerable.Range(0, 512).Where(index => (BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(index * 8)) & FrameMask) == address).ToArray();
                if (references is [var index] && index >= first && index <= last)
                {
                    return (address, index);
                }
            }
        }

        return null;
    }

    private ulong? FindBase()
    {
        ulong? found = null;
        foreach (var (pattern, distance) in new[] { (Encoding.ASCII.GetBytes("KDBG"), 8), (Encoding.ASCII.GetBytes(@"\SystemRoot\system32\nt"), -24) })
        {
            ForEachPage((address, page) =>
            {
                for (var at = page.AsSpan().IndexOf(pattern); at >= 0 && found is null;)
                {
                    var candidate = Physical64((ulong)((long)address + at + distance));
                    var signature = new byte[2];
                    if (candidate >> 47 == 0x1FFFF && TryRead(candidate, signature, DirectoryTable) && signature.AsSpan().SequenceEqual("MZ"u8))
                    {
                        found = candidate;
                    }

                    var next = page.AsSpan(at + 1).IndexOf(pattern);
                    at = next < 0 ? -1 : at + 1 + next;
                }
            });
        }

        return found;
    }

    private void ForEachPage(Action<ulong, byte[]> visit)
    {
        var page = new byte[0x1000];
        foreach (var range in _memory.Ranges)
        {
            for (var address = range.Start; address < range.End; address += 0x1000)
            {
                _memory.Read(address, page, out _);
                if (page.AsSpan().ContainsAnyExcept((byte)0))
                {
                    visit(address.Value, page);
                }
            }
        }
    }

    private ulong Physical64(ulong address)
    {
        Span<byte> bytes = stackalloc byte[8];
        return _memory.Read(new PhysicalAddress(address), bytes, out _) == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
    }

    private string PhysicalText(ulong address, int length)
    {
        var bytes = new byte[length];
        return _memory.Read(new PhysicalAddress(address), bytes, out _) == length ? Encoding.Latin1.GetString(bytes).Split('\0')[0] : string.Empty;
    }

    private bool TryRead(ulong address, Span<byte> bytes, ulong root)
    {
        for (var done = 0; done < bytes.Length;)
        {
            if (Translate(address + (ulong)done, root) is not { } physical)
            {
                return false;
            }

            var length = Math.Min(bytes.Length - done, 0x1000 - (int)(physical % 0x1000));
            if (_memory.Read(new PhysicalAddress(physical), bytes.Slice(done, length), out _) != length)
            {
                return false;
            }

            done += length;
        }

        return true;
    }

    private ulong? Translate(ulong address, ulong root)
    {
        var table = root;
        for (var shift = 39; shift >= 12; shift -= 9)
        {
            var entry = Physical64(table + (address >> shift & 0x1FF) * 8);
            if ((entry & 1) == 0)
            {
                return null;
            }

            table = entry & 0x000F_FFFF_FFFF_F000;
            if (shift == 12 || (shift < 39 && (entry & 0x80) != 0))
            {
                var inside = (1ul << shift) - 1;
                return (table & ~inside) + (address & inside);
            }
        }

        return null;
    }
}
