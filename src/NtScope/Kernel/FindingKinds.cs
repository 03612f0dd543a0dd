namespace NtScope.Kernel;

/// <summary>The kinds of findings that several reports about a kernel share.</summary>
public static class FindingKinds
{
    /// <summary>A field could not be read.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>A text is longer than any of its kind and was cut.</summary>
    public const string TextCut = "text-cut";

    /// <summary>A routine lies outside every loaded module.</summary>
    public const string OutsideModules = "outside-modules";

    /// <summary>An object is missing from the kernel's own list.</summary>
    public const string Unlinked = "unlinked";

    /// <summary>A list does not hold together here: the entry does not point back at the one before it.</summary>
    public const string BrokenLink = "broken-link";
}
