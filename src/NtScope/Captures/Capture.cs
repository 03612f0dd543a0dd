using System.Globalization;
using NtScope.Captures.Formats;

namespace NtScope.Captures;

/// <summary>
/// A crash dump or memory capture: physical memory with holes, and what the headers say of the machine. The format is told by content, never by
/// name; opening reads headers only, so the size of the capture does not matter.
/// </summary>
public sealed class Capture : IPhysicalMemory, IDisposable
{
    private const int BlockSize = 16 << 10;
    private const int BlockCount = 512;

    private readonly CaptureMedium _medium;
    private readonly CaptureMedium _pages;
    private readonly RunMap _runs;
    private readonly Block?[] _blocks = new Block?[BlockCount];

    private Capture(CaptureMedium medium, CaptureLayout layout)
    {
        _medium = medium;
        _pages = layout.Companion ?? medium;
        _runs = RunMap.Of(layout.Runs, _pages.Length);
        Format = layout.Format;
        FormatName = layout.FormatName;
        Header = layout.Header;
        Problems = [.. layout.Problems, .. ProblemsOf(_runs)];
        if (_runs.Count == 0)
        {
            layout.Companion?.Dispose();
            throw new InputException(medium.Name, $"this {FormatName} holds no physical memory");
        }
    }

    /// <summary>The file, as it was named.</summary>
    public string Name => _medium.Name;

    /// <summary>How memory is stored.</summary>
    public CaptureFormat Format { get; }

    /// <summary>The format as people say it (<c>64-bit complete crash dump</c>).</summary>
    public string FormatName { get; }

    /// <summary>What the headers say of the machine.</summary>
    public CaptureHeader Header { get; }

    /// <summary>What is wrong with the file although it can be used, as sentences.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <inheritdoc/>
    public IReadOnlyList<PhysicalRange> Ranges => _runs;

    /// <summary>Bytes of memory that the capture holds.</summary>
    public ulong Length => _runs.Length;

    /// <summary>The first address above all memory that the capture holds.</summary>
    public PhysicalAddress End => new(_runs.End);

    /// <summary>Opens a capture file. Where VMware memory has its snapshot beside it, that is used as well.</summary>
    /// <exception cref="InputException">The file cannot be read, is no capture, or its headers lie.</exception>
    public static Capture Open(string path)
    {
        var medium = FileMedium.Open(path);
        try
        {
            return new Capture(medium, CaptureFormats.Recognise(medium, path));
        }
        catch
        {
            medium.Dispose();
            throw;
        }
    }

    /// <summary>Opens a capture that is in memory.</summary>
    /// <exception cref="InputException">The bytes are no capture, or the headers lie.</exception>
    public static Capture FromBytes(ReadOnlyMemory<byte> bytes, string name) => FromMedium(new BytesMedium(bytes, name));

    /// <summary>The memory of a machine in this process. Every read sees what the memory holds then.</summary>
    /// <param name="memory">The memory, which stays the caller's.</param>
    /// <param name="header">What is known of the machine.</param>
    /// <param name="name">The name that messages use.</param>
    public static Capture FromMachine(IPhysicalMemory memory, CaptureHeader header, string name) => new(
        new MachineMedium(memory, name),
        new CaptureLayout(
            CaptureFormat.Machine, "memory of a simulated machine", memory.Ranges.Select(range => new FileRun(range.Start.Value, range.Length, (long)range.Start.Value)), header, []));

    /// <summary>Whether a file begins like a capture format with a signature of its own; raw memory has none.</summary>
    /// <param name="start">The first bytes of the file; 16 are enough.</param>
    public static bool HasSignature(ReadOnlySpan<byte> start) => CaptureFormats.HasSignature(start);

    /// <inheritdoc/>
    public int Read(PhysicalAddress address, Span<byte> destination, out ReadFault fault)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var at = unchecked(address.Value + (uint)done);
            if (at < address.Value || !_runs.TryFind(at, out var run))
            {
                fault = new ReadFault(ReadFaultKind.NotCaptured, at, PageTableLevel.None, at);
                return done;
            }

            var part = destination.Slice(done, (int)Math.Min((ulong)(destination.Length - done), run.End - at));
            var read = ReadMedium(run.Offset + (long)(at - run.Start), part);
            done += read;
            if (read != part.Length)
            {
                fault = new ReadFault(ReadFaultKind.Medium, at + (uint)read);
                return done;
            }
        }

        fault = default;
        return done;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pages.Dispose();
        _medium.Dispose();
    }

    internal static Capture FromMedium(CaptureMedium medium) => new(medium, CaptureFormats.Recognise(medium, path: null));

    internal static string Size(ulong bytes) => bytes switch
    {
        >= 1UL << 30 => (bytes / (double)(1UL << 30)).ToString("0.##", CultureInfo.InvariantCulture) + " GiB",
        >= 1UL << 20 => (bytes / (double)(1UL << 20)).ToString("0.##", CultureInfo.InvariantCulture) + " MiB",
        _ => (bytes / 1024.0).ToString("0.##", CultureInfo.InvariantCulture) + " KiB",
    };

    private static IEnumerable<string> ProblemsOf(RunMap runs)
    {
        if (runs.Missing > 0)
        {
            yield return $"The capture is cut short: its headers promise {Size(runs.Missing)} of memory more than the file holds.";
        }

        if (runs.Repeated > 0)
        {
            yield return $"The headers put the same bytes of the file at several addresses: {Size(runs.Repeated)} of memory beyond the file's own size are left out.";
        }
    }

    private int ReadMedium(long offset, Span<byte> destination)
    {
        if (destination.Length > BlockSize / 4 || Format == CaptureFormat.Machine)
        {
            return _pages.Read(offset, destination);
        }

        var done = 0;
        while (done < destination.Length)
        {
            var block = BlockAt((offset + done) / BlockSize);
            var inside = (int)((offset + done) % BlockSize);
            var count = Math.Min(destination.Length - done, block.Length - inside);
            if (count <= 0)
            {
                break;
            }

            block.Bytes.AsSpan(inside, count).CopyTo(destination[done..]);
            done += count;
        }

        return done;
    }

    // Blocks never change once they are in the cache, so readers on other threads need no lock.
    private Block BlockAt(long index)
    {
        ref var slot = ref _blocks[(int)(index % BlockCount)];
        var block = Volatile.Read(ref slot);
        if (block is null || block.Index != index)
        {
            var bytes = new byte[BlockSize];
            block = new Block(index, bytes, _pages.Read(index * BlockSize, bytes));
            Volatile.Write(ref slot, block);
        }

        return block;
    }

    private sealed record Block(long Index, byte[] Bytes, int Length);
}
