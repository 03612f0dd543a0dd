using NtScope.Rendering;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace NtScope.Cli.Terminal;

/// <summary>Lines of a report as the terminal library draws them.</summary>
internal sealed class ReportLines(IEnumerable<IReadOnlyList<TextPiece>> lines) : IRenderable
{
    private static readonly Style Heading = new(Color.Grey, decoration: Decoration.Bold);
    private static readonly Style Name = new(Color.Aqua);
    private static readonly Style Number = new(Color.Yellow);
    private static readonly Style Dim = new(Color.Grey);
    private static readonly Style Finding = new(Color.Red);
    private static readonly Style Summary = new(decoration: Decoration.Bold);

    public Measurement Measure(RenderOptions options, int maxWidth) => new(0, maxWidth);

    public IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        foreach (var line in lines)
        {
            foreach (var piece in line)
            {
                yield return new Segment(piece.Text, StyleOf(piece.Role));
            }

            yield return Segment.LineBreak;
        }
    }

    private static Style StyleOf(TextRole role) => role switch
    {
        TextRole.Heading => Heading,
        TextRole.Name => Name,
        TextRole.Number => Number,
        TextRole.Address or TextRole.Note => Dim,
        TextRole.Finding => Finding,
        TextRole.Summary => Summary,
        _ => Style.Plain,
    };
}
