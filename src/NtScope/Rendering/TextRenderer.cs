using System.Text;
using NtScope.Reports;

namespace NtScope.Rendering;

/// <summary>Writes plain text: aligned columns without colour, one line a row however long, then the summary and the notes.</summary>
public sealed class TextRenderer : IReportRenderer
{
    internal static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false);

    /// <inheritdoc/>
    public void Render(IReport report, Stream output)
    {
        using var writer = new StreamWriter(output, Encoding, leaveOpen: true) { NewLine = "\n" };
        foreach (var line in TextLayout.LinesOf(report))
        {
            foreach (var piece in line)
            {
                writer.Write(piece.Text);
            }

            writer.WriteLine();
        }
    }
}
