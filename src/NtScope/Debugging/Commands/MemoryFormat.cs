namespace NtScope.Debugging.Commands;

/// <summary>How <c>d</c> shows memory.</summary>
public enum MemoryFormat
{
    /// <summary><c>db</c>: bytes and characters, sixteen a line.</summary>
    Bytes,

    /// <summary><c>dw</c>: 16-bit words, eight a line.</summary>
    Words,

    /// <summary><c>dW</c>: 16-bit words and characters, eight a line.</summary>
    WordsAndCharacters,

    /// <summary><c>dd</c>: 32-bit words, four a line.</summary>
    DoubleWords,

    /// <summary><c>dc</c>: 32-bit words and characters, four a line.</summary>
    DoubleWordsAndCharacters,

    /// <summary><c>dq</c>: 64-bit words, two a line.</summary>
    QuadWords,

    /// <summary><c>df</c>: floating-point numbers of 32 bits, four a line.</summary>
    Singles,

    /// <summary><c>dD</c>: floating-point numbers of 64 bits, three a line.</summary>
    Doubles,

    /// <summary><c>dyb</c>: the bits of bytes, four a line.</summary>
    BitsOfBytes,

    /// <summary><c>dyd</c>: the bits of 32-bit words, one a line.</summary>
    BitsOfDoubleWords,
}
