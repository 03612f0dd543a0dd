namespace NtScope.Debugging.Commands;

/// <summary>How <c>d</c> shows memory.</summary>
public enum MemoryFormat
{
    /// <summary><c>db</c>: bytes and characters, sixteen a line.</summary>
    Bytes = 1,

    /// <summary><c>dw</c>: 16-bit words, eight a line.</summary>
    Words = 2,

    /// <summary><c>dd</c>: 32-bit words, four a line.</summary>
    DoubleWords = 4,

    /// <summary><c>dq</c>: 64-bit words, two a line.</summary>
    QuadWords = 8,
}
