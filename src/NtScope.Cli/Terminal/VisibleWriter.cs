using System.Text;
using NtScope.Rendering;

namespace NtScope.Cli.Terminal;

/// <summary>Writes lines on to another writer with everything escaped that a terminal would act on.</summary>
/// <param name="inner">Where the lines go.</param>
internal sealed class VisibleWriter(TextWriter inner) : TextWriter
{
    private readonly StringBuilder _line = new();

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value)
    {
        if (value == '\n')
        {
            inner.WriteLine(VisibleText.Of(_line.ToString().TrimEnd('\r')));
            _line.Clear();
        }
        else
        {
            _line.Append(value);
        }
    }
}
