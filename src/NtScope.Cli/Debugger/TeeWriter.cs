using System.Text;

namespace NtScope.Cli.Debugger;

/// <summary>Writes to the terminal and to the log.</summary>
internal sealed class TeeWriter(TextWriter output, TextWriter log) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => output.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        output.Write(buffer);
        log.Write(buffer);
    }
}
