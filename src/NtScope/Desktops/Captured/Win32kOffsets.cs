using NtScope.Kernel;
using NtScope.Knowledge;

namespace NtScope.Desktops.Captured;

/// <summary>
/// The offsets of win32k's structures, each proven on the memory at hand before it is used: the layout of the nearest build first, then those of
/// other builds, then every aligned offset within bounds. What held is said in the notes.
/// </summary>
internal sealed class Win32kOffsets
{
    private const uint SearchBytes = 0x400;

    private readonly KernelContext _context;
    private readonly Win32kLayout? _nearest;
    private readonly Dictionary<Win32kPlace, uint> _proven = [];
    private readonly List<string> _corrected = [];

    public Win32kOffsets(KernelContext context)
    {
        _context = context;
        var build = context.Kernel.Version?.Build ?? int.MaxValue;
        _nearest = KnowledgeBase.Embedded.Win32kLayouts.ForBuild(build);
    }

    /// <summary>What held, as a sentence.</summary>
    public string Describe()
    {
        var held = _nearest is null
            ? "No layout of win32k is known for this kernel; offsets were found by search."
            : $"The layout of win32k of build {_nearest.Build} was proven in this memory on {_proven.Count} fields.";
        return _corrected.Count == 0 ? held : $"{held} Corrected by what the memory holds: {string.Join(", ", _corrected)}.";
    }

    /// <summary>The offset as the nearest layout has it, without proof; null if it has no such field.</summary>
    public uint? Known(string structure, string field) =>
        _nearest is not null && _nearest.TryGetField(structure, field, out var found) ? found.Offset : null;

    /// <summary>The proven offset of a field; null if it has not been proven yet.</summary>
    public uint? Proven(string structure, string field) => _proven.TryGetValue(new(structure, field), out var offset) ? offset : null;

    /// <summary>Proves a field, or gives what was proven before.</summary>
    /// <param name="structure">The structure.</param>
    /// <param name="field">The field.</param>
    /// <param name="holds">Whether an offset fits what is in memory.</param>
    /// <param name="step">The field's alignment in bytes.</param>
    /// <returns>The offset; null if none fits (which says nothing where there is nothing to prove it on).</returns>
    public uint? Prove(string structure, string field, Func<uint, bool> holds, uint step = sizeof(ulong))
    {
        var place = new Win32kPlace(structure, field);
        if (_proven.TryGetValue(place, out var before))
        {
            return before;
        }

        var known = Known(structure, field);
        if (known is { } near && holds(near))
        {
            _proven.Add(place, near);
            return near;
        }

        foreach (var offset in OtherBuilds(place).Concat(Enumerable.Range(0, (int)(SearchBytes / step)).Select(index => (uint)index * step)))
        {
            if (offset != known && holds(offset))
            {
                _proven.Add(place, offset);
                _corrected.Add($"{place} is at 0x{offset:x}" + (known is null ? "" : $", not 0x{known:x}"));
                return offset;
            }
        }

        return null;
    }

    private static IEnumerable<uint> OtherBuilds(Win32kPlace place)
    {
        foreach (var layout in KnowledgeBase.Embedded.Win32kLayouts.All)
        {
            if (layout.TryGetField(place.Structure, place.Field, out var found))
            {
                yield return found.Offset;
            }
        }
    }
}
