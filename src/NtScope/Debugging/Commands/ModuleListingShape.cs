namespace NtScope.Debugging.Commands;

/// <summary>What <c>lm</c> shows of each module.</summary>
public enum ModuleListingShape
{
    /// <summary>Range, name, where its symbols come from.</summary>
    Short,

    /// <summary>The same and what the image says of itself (<c>v</c>).</summary>
    Verbose,

    /// <summary>Range, name, when it was linked (<c>t</c>).</summary>
    Times,

    /// <summary>Range, name, file (<c>n</c>, <c>f</c>).</summary>
    Files,

    /// <summary>Names alone (<c>1m</c>).</summary>
    Names,
}
