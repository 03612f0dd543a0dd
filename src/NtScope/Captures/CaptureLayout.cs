namespace NtScope.Captures;

/// <summary>What a format's reader found: which format, where the pages are, what the headers say.</summary>
/// <param name="Format">The format.</param>
/// <param name="FormatName">The format as people say it (<c>64-bit complete crash dump</c>).</param>
/// <param name="Runs">Where physical memory is stored, in file order.</param>
/// <param name="Header">What the headers say.</param>
/// <param name="Problems">What is wrong with the file although it can be used, as sentences.</param>
/// <param name="Companion">The medium that the runs refer to, if it is not the one that was opened.</param>
internal sealed record CaptureLayout(
    CaptureFormat Format,
    string FormatName,
    IEnumerable<FileRun> Runs,
    CaptureHeader Header,
    IReadOnlyList<string> Problems,
    CaptureMedium? Companion = null);
