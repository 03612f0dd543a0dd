using System.Globalization;

namespace NtScope;

/// <summary>
/// An input cannot be used: it is truncated, cyclic, lies about itself, or is not what was asked for. The message is one line that
/// names the input, the structure and the offset, and what to do where something can be done. Front ends end with exit code 2.
/// </summary>
public sealed class InputException : Exception
{
    /// <summary>An input that cannot be used for a reason that no single structure carries.</summary>
    /// <param name="input">The file, or what stands for it.</param>
    /// <param name="reason">What is wrong, without a full stop.</param>
    /// <param name="inner">What caused it.</param>
    public InputException(string input, string reason, Exception? inner = null)
        : base($"{input}: {reason}", inner)
    {
        Input = input;
    }

    /// <summary>A structure of an input that cannot be used.</summary>
    /// <param name="input">The file, or what stands for it.</param>
    /// <param name="structure">The structure, by the name its format gives it.</param>
    /// <param name="offset">Where it stands, in bytes from the start of the input.</param>
    /// <param name="reason">What is wrong, without a full stop.</param>
    /// <param name="inner">What caused it.</param>
    public InputException(string input, string structure, long offset, string reason, Exception? inner = null)
        : base($"{input}: {structure} at offset 0x{offset.ToString("x", CultureInfo.InvariantCulture)}: {reason}", inner)
    {
        Input = input;
        Structure = structure;
        Offset = offset;
    }

    /// <summary>The file, or what stands for it.</summary>
    public string Input { get; }

    /// <summary>The structure that is wrong, if it is one.</summary>
    public string? Structure { get; }

    /// <summary>Where it stands, in bytes from the start of the input.</summary>
    public long? Offset { get; }
}
