using System.Text;
using NtScope.Rendering;

namespace NtScope.Cli.Debugger;

/// <summary>Passes text on with everything made visible that could steer a terminal; line ends and tabs stay.</summary>
internal sealed class VisibleTextWriter(TextWriter inner) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (!buffer.ContainsAnyExceptInRange(' ', '~'))
        {
            inner.Write(buffer);
            return;
        }

        while (buffer.Length > 0)
        {
            var length = buffer.IndexOfAny('\n', '\t');
            var part = length < 0 ? buffer : buffer[..length];
            inner.Write(part.ContainsAnyExceptInRange(' ', '~') ? VisibleText.Of(part.ToString()) : part);
            if (length < 0)
            {
                return;
            }

            inner.Write(buffer[length]);
            buffer = buffer[(length + 1)..];
        }
    }

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
