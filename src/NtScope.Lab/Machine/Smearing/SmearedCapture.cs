using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Smearing;

/// <summary>
/// What a capture becomes that is taken while the machine runs. Some pages are copied before others, and the machine goes on in between: lists, tables,
/// objects and page tables of the earlier moment stand beside those of the later one. Besides, blocks of pool that are tagged as processes and threads hold
/// something else, and code is on its way to the page file.
/// </summary>
public sealed class SmearedCapture
{
    // Of all smeared pages; the others are pool and code, in turn.
    private const int EarlierOf = 3;

    private readonly MachineContext _context;
    private readonly int _pages;
    private readonly Dictionary<PhysicalAddress, byte[]> _later;
    private readonly Dictionary<PhysicalAddress, byte[]> _earlier;
    private readonly HashSet<PhysicalAddress> _wereInUse;
    private readonly List<PhysicalAddress> _smeared = [];

    private SmearedCapture(MachineContext context, int pages, Dictionary<PhysicalAddress, byte[]> before, IReadOnlySet<VirtualAddress> created)
    {
        (_context, _pages, Created) = (context, pages, created);
        var zeros = new byte[PhysicalRam.PageSize];
        _wereInUse = [.. before.Keys];
        _later = Copy(context.System.Ram).Where(page => !page.Value.AsSpan().SequenceEqual(before.GetValueOrDefault(page.Key, zeros))).ToDictionary();
        _earlier = _later.Keys.ToDictionary(page => page, page => before.GetValueOrDefault(page, zeros));
    }

    /// <summary>
    /// The pages that changed between the two moments and nothing wrote to since, with what they held at the earlier one: those that were not in use hold zeros.
    /// </summary>
    public IReadOnlyDictionary<PhysicalAddress, byte[]> EarlierPages => _earlier;

    /// <summary>What the same pages held at the later moment.</summary>
    public IReadOnlyDictionary<PhysicalAddress, byte[]> LaterPages => _later;

    /// <summary>Those of them that the capture holds as they were at the earlier moment.</summary>
    public IReadOnlyList<PhysicalAddress> Pages => _smeared;

    /// <summary>
    /// What came into being between the two moments: processes, threads, a driver object, its image and routine, an event. Whether these exist is undecidable
    /// where a page of the earlier moment does not know them.
    /// </summary>
    public IReadOnlySet<VirtualAddress> Created { get; }

    /// <summary>The pages that a kernel dump takes, one bit each: the machine that writes it knows its page tables of the later moment.</summary>
    internal ulong[] KernelPages { get; private set; } = [];

    /// <summary>Lets the machine go on between two moments.</summary>
    /// <param name="pages">How many pages to smear; with none there is nothing to do.</param>
    /// <param name="goOn">What happens in between; says what it created.</param>
    /// <param name="context">The machine.</param>
    internal static SmearedCapture? Begin(int pages, Func<IReadOnlySet<VirtualAddress>> goOn, MachineContext context)
    {
        if (pages == 0)
        {
            return null;
        }

        var before = Copy(context.System.Ram);
        return new SmearedCapture(context, pages, before, goOn());
    }

    /// <summary>Smears the machine once nothing writes to it any more.</summary>
    /// <param name="images">The drivers whose code may be on its way out.</param>
    /// <param name="spaces">All address spaces.</param>
    internal void End(IReadOnlyList<LabImage> images, IReadOnlyList<LabAddressSpace> spaces)
    {
        var ram = _context.System.Ram;
        KernelPages = Captures.KernelPages.Of(spaces, ram.Ranges[^1].End.Value / PhysicalRam.PageSize);
        foreach (var (page, bytes) in _later)
        {
            if (!ram.Span(page, PhysicalRam.PageSize).SequenceEqual(bytes))
            {
                _earlier.Remove(page);
            }
        }

        // Page tables that do not know yet where an attack put its things would hide them.
        var tables = _context.Options.Attacks.Count > 0 ? spaces.SelectMany(space => space.Tables).ToHashSet() : [];
        var (known, fresh) = (Shuffled(page => _wereInUse.Contains(page) && !tables.Contains(page)), Shuffled(page => !_wereInUse.Contains(page) && !tables.Contains(page)));
        var count = (_pages + EarlierOf - 1) / EarlierOf;
        _smeared.AddRange(known.Take((count + 1) / 2).Concat(fresh).Take(count));
        foreach (var page in _smeared)
        {
            _earlier[page].CopyTo(ram.Span(page, PhysicalRam.PageSize));
        }

        new PageSmear(_context).Smear(_pages - _smeared.Count, images);

        PhysicalAddress[] Shuffled(Func<PhysicalAddress, bool> which)
        {
            var chosen = _earlier.Keys.Where(which).OrderBy(page => page.Value).ToArray();
            _context.Random.Shuffle(chosen);
            return chosen;
        }
    }

    private static Dictionary<PhysicalAddress, byte[]> Copy(PhysicalRam ram)
    {
        var pages = new Dictionary<PhysicalAddress, byte[]>();
        foreach (var range in ram.Ranges)
        {
            for (var page = range.Start; page < range.End; page += PhysicalRam.PageSize)
            {
                if (ram.IsInUse(page))
                {
                    pages.Add(page, ram.Span(page, PhysicalRam.PageSize).ToArray());
                }
            }
        }

        return pages;
    }
}
