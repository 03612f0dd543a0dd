namespace NtScope.Lab.Executive.Rtl;

/// <summary>What a routine that prints into a buffer does with text that does not fit.</summary>
internal enum PrintRule
{
    /// <summary>It fills the buffer and writes no terminator (_snprintf).</summary>
    Unterminated,

    /// <summary>It leaves the buffer empty and fails (sprintf_s).</summary>
    Strict,

    /// <summary>It writes up to a count of characters; -1 is as many as fit (_snprintf_s).</summary>
    Counted,
}
