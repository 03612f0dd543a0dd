using System.Text.RegularExpressions;
using NtScope.Debugging;
using NtScope.Symbols;
using NtScope.Targets;

namespace NtScope.DebuggerComparison;

/// <summary>Runs the commands that the engine ran and compares the text, line by line.</summary>
internal static partial class Comparison
{
    private const string Calibration = "n 2";

    /// <summary>Compares; true if all differences are known ones.</summary>
    public static bool Run(string folder, string commandFile, string engineOutput, string differenceFile, TextWriter report)
    {
        var commands = File.ReadAllLines(commandFile).Where(line => !string.IsNullOrWhiteSpace(line)).ToList();
        var expected = Answers(File.ReadAllText(engineOutput).ReplaceLineEndings("\n"), commands.Count);
        var known = KnownDifferences(differenceFile);
        var symbols = SymbolPath.Parse(Path.Combine(folder, LabDump.StoreName));
        using var target = TargetOpener.Open(Path.Combine(folder, LabDump.FileName), new TargetOptions { Symbols = symbols });
        using var session = new DebuggerSession(target) { CaretsCountPrompt = true, Prompt = new string(' ', PromptLength(commands, expected)) };
        var (same, explained, unexplained, unneeded) = (0, 0, 0, new HashSet<string>(known.Keys, StringComparer.Ordinal));
        for (var i = 0; i < commands.Count; i++)
        {
            var actual = Clean(Execute(session, commands[i]));
            if (actual == expected[i])
            {
                same++;
            }
            else if (known.TryGetValue(commands[i], out var reason) && (!reason.StartsWith("order-", StringComparison.Ordinal) || AreSameLines(actual, expected[i])))
            {
                explained++;
                unneeded.Remove(commands[i]);
                report.WriteLine($"known: {commands[i]}: {reason}");
            }
            else
            {
                unexplained++;
                WriteDifference(report, commands[i], expected[i].Split('\n'), actual.Split('\n'));
            }
        }

        foreach (var command in unneeded)
        {
            report.WriteLine($"no longer different: {command}");
        }

        report.WriteLine($"{commands.Count} commands: {same} the same byte for byte, {explained} different for a known reason, {unexplained} different");
        return unexplained == 0;
    }

    // A difference of order is one of order alone.
    private static bool AreSameLines(string left, string right) => left.Split('\n').Order(StringComparer.Ordinal).SequenceEqual(right.Split('\n').Order(StringComparer.Ordinal), StringComparer.Ordinal);

    private static string Execute(DebuggerSession session, string command)
    {
        var text = new StringWriter { NewLine = "\n" };
        try
        {
            foreach (var result in session.Run(command, CancellationToken.None))
            {
                result.Write(text, CancellationToken.None);
            }
        }
        catch (DebuggerException failure)
        {
            text.Write(failure.Message.TrimEnd('\n') + "\n");
        }

        return text.ToString();
    }

    private static List<string> Answers(string output, int count)
    {
        var answers = Marker().Split(output).Skip(1).Select(Clean).ToList();
        return answers.Count == count ? answers : throw new InvalidOperationException($"the engine answered {answers.Count} of {count} commands");
    }

    // What the engine says about its own state, not about the command.
    private static string Clean(string text) => Noise().Replace(text, string.Empty).TrimEnd('\n');

    private static int PromptLength(List<string> commands, List<string> expected)
    {
        var calibration = commands.IndexOf(Calibration);
        return calibration < 0 ? 0 : expected[calibration].IndexOf('^', StringComparison.Ordinal) - Calibration.IndexOf('2', StringComparison.Ordinal);
    }

    private static Dictionary<string, string> KnownDifferences(string file) => File.ReadAllLines(file)
        .Where(line => line.Contains('\t', StringComparison.Ordinal))
        .Select(line => line.Split('\t', 2))
        .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);

    private static void WriteDifference(TextWriter report, string command, string[] expected, string[] actual)
    {
        const int MostLines = 6;
        report.WriteLine($"DIFFERENT: {command}");
        var shown = 0;
        for (var i = 0; i < Math.Max(expected.Length, actual.Length) && shown < MostLines; i++)
        {
            var (left, right) = (i < expected.Length ? expected[i] : "<end>", i < actual.Length ? actual[i] : "<end>");
            if (left == right) continue;
            report.WriteLine($"  engine:  {left}");
            report.WriteLine($"  ntscope: {right}");
            shown++;
        }
    }

    [GeneratedRegex("^@@@ .*\n", RegexOptions.Multiline, 10_000)]
    private static partial Regex Marker();

    [GeneratedRegex(@"(ReadControl failed - [^\n]*|GetContextState failed, [^\n]*|Unable to get current machine context[^\n]*|Closing open log file [^\n]*|\*\*\*[^\n]*|Unable to load image [^\n]*|VirtualToOffset: [^\n]*)\n?", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Noise();
}
