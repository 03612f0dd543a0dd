namespace NtScope.Debugging.Types;

/// <summary>How <c>dt</c> shows a structure.</summary>
public sealed record TypeDisplayOptions
{
    /// <summary>How many levels of inner structures are opened (<c>-r</c>); 0 for none.</summary>
    public int Depth { get; init; }

    /// <summary>Whether all inner structures and arrays are opened, but nothing behind pointers (<c>-b</c>).</summary>
    public bool IsBlock { get; init; }

    /// <summary>Whether sizes and counts of elements are shown (<c>-v</c>).</summary>
    public bool IsVerbose { get; init; }

    /// <summary>Whether lines start without indentation (<c>-i</c>).</summary>
    public bool IsFlat { get; init; }

    /// <summary>Whether offsets are left out (<c>-o</c>).</summary>
    public bool HidesOffsets { get; init; }

    /// <summary>How many structures are shown one behind the other (<c>-a</c>); 0 for one alone.</summary>
    public int Elements { get; init; }

    /// <summary>Whether the line that names an address that cannot be read is left out, as <c>??</c> does.</summary>
    public bool HidesReadError { get; init; }

    /// <summary>Whether a field's name needs to start with a filter only (<c>-y</c>).</summary>
    public bool MatchesPrefix { get; init; }

    /// <summary>The fields to show, by name or pattern, with dots into inner structures; none for all.</summary>
    public IReadOnlyList<string> Filters { get; init; } = [];
}
