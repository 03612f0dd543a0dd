using System.Buffers.Binary;

namespace NtScope.Lab.Tests.Machine;

/// <summary>
/// Physical memory of a capture file, read by what is published of its format: the runs of a complete 64-bit crash dump, the bitmap of a summary dump, the
/// segments of an ELF core; else memory as it lies. It shares nothing with the readers of this project.
/// </summary>
internal sealed class PublishedFile : IPhysicalMemory, IDisposable
{
    private const int PageSize = 0x1000;
    private const int DumpHeader = 0x2000;

    private readonly FileStream _file;
    private readonly List<(ulong Start, ulong Length, long Offset)> _runs = [];

    public PublishedFile(string path)
    {
        _file = File.OpenRead(path);
        switch (Text(0, 8))
        {
            case "PAGEDU64" when Read32(0xF98) == 1:
                ReadRuns();
                break;
            case "PAGEDU64":
                ReadBitmap();
                break;
            case ['\x7F', 'E', 'L', 'F', '\x2', ..]:
                ReadSegments();
                break;
            default:
                _runs.Add((0, (ulong)_file.Length, 0));
                break;
        }
    }

    public IReadOnlyList<PhysicalRange> Ranges => [.. _runs.Select(run => new PhysicalRange(new PhysicalAddress(run.Start), run.Length))];

    public int Read(PhysicalAddress address, Span<byte> destination, out ReadFault fault)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var at = address.Value + (ulong)done;
            var (start, length, offset) = _runs.Find(run => at - run.Start < run.Length);
            if (length == 0)
            {
                break;
            }

            var part = destination.Slice(done, (int)Math.Min((ulong)(destination.Length - done), start + length - at));
            RandomAccess.Read(_file.SafeFileHandle, part, offset + (long)(at - start));
            done += part.Length;
        }

        fault = done == destination.Length ? default : new ReadFault(ReadFaultKind.NotCaptured, address.Value + (ulong)done);
        return done;
    }

    public void Dispose() => _file.Dispose();

    // _PHYSICAL_MEMORY_DESCRIPTOR64 at 88h: the number of runs, of pages, then first page and count of each run; their pages follow the header.
    private void ReadRuns()
    {
        var offset = (long)DumpHeader;
        for (var run = 0; run < Read32(0x88); run++)
        {
            var length = Read64(0xA0 + 16 * run) * PageSize;
            _runs.Add((Read64(0x98 + 16 * run) * PageSize, length, offset));
            offset += (long)length;
        }
    }

    // _SUMMARY_DUMP64: where the first page stands at 20h, the number of bits at 30h, the bits from 38h on.
    private void ReadBitmap()
    {
        Text(DumpHeader, 8).ShouldBeOneOf("SDMPDUMP", "FDMPDUMP");
        var offset = (long)Read64(DumpHeader + 0x20);
        var bits = new byte[(Read64(DumpHeader + 0x30) + 7) / 8];
        RandomAccess.Read(_file.SafeFileHandle, bits, DumpHeader + 0x38);
        for (var page = 0; page < bits.Length * 8; page++)
        {
            if ((bits[page / 8] >> page % 8 & 1) == 0)
            {
                continue;
            }

            var start = (ulong)page * PageSize;
            if (_runs is [.., var last] && last.Start + last.Length == start)
            {
                _runs[^1] = last with { Length = last.Length + PageSize };
            }
            else
            {
                _runs.Add((start, PageSize, offset));
            }

            offset += PageSize;
        }
    }

    // Elf64_Phdr of type PT_LOAD: offset at 8, physical address at 18h, bytes in the file at 20h.
    private void ReadSegments()
    {
        for (var segment = 0; segment < (Read32(0x38) & 0xFFFF); segment++)
        {
            var header = (long)Read64(0x20) + segment * (Read32(0x36) & 0xFFFF);
            if (Read32(header) == 1 && Read64(header + 0x20) is > 0 and var length)
            {
                _runs.Add((Read64(header + 0x18), length, (long)Read64(header + 8)));
            }
        }
    }

    private uint Read32(long offset) => (uint)Read64(offset);

    private ulong Read64(long offset)
    {
        Span<byte> bytes = stackalloc byte[8];
        RandomAccess.Read(_file.SafeFileHandle, bytes, offset);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    private string Text(long offset, int length)
    {
        var bytes = new byte[length];
        RandomAccess.Read(_file.SafeFileHandle, bytes, offset);
        return System.Text.Encoding.Latin1.GetString(bytes);
    }
}
