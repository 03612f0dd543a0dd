using System.Globalization;
using NtScope.Kernel.Processes;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary><c>!thread</c>: threads.</summary>
public sealed class ThreadsCommand : ReportCommand
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; } = ["!thread"];

    /// <inheritdoc/>
    public override string Usage => "!thread [process-id]";

    /// <inheritdoc/>
    public override string Help => "Lists the threads of all processes, or of the one with this ID (hexadecimal, as all numbers).";

    /// <inheritdoc/>
    protected override IReport Make(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var word = arguments.TakeWord();
        long? process = word.Length == 0 ? null
            : long.TryParse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var id) ? id
            : throw new DebuggerException($"'{word}' is no process ID");
        return ThreadAnalyser.Analyse(session.Target, process, new SurveyOptions { Cancellation = cancellation });
    }
}
