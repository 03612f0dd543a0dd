using System.CommandLine;

namespace NtScope.Cli.Commands;

/// <summary>Gives a verb its work so that Ctrl+C ends it.</summary>
internal static class CancellableAction
{
    /// <summary>Runs <paramref name="work"/> beside the thread that waits for Ctrl+C.</summary>
    public static void SetWork(this Command command, Func<ParseResult, CancellationToken, int> work) =>
        command.SetAction((parsed, cancellation) => Task.Run(() => work(parsed, cancellation), CancellationToken.None));
}
