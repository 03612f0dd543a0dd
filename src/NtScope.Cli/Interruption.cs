namespace NtScope.Cli;

/// <summary>
/// Ctrl+C asks the work to stop; work that does not stop in time, or a second Ctrl+C, ends the process. A shell takes Ctrl+C for itself. The
/// command line's own handler is not used since it fails at a second one.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static volatile bool _belongsToShell;

    private readonly CancellationTokenSource _source = new();
    private Timer? _end;

    /// <summary>Starts to listen.</summary>
    public Interruption() => Console.CancelKeyPress += Stop;

    /// <summary>Set once Ctrl+C was pressed.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        Console.CancelKeyPress -= Stop;
        _end?.Dispose();
        _source.Dispose();
    }

    /// <summary>Leaves Ctrl+C to a shell from now on.</summary>
    public static void LeaveToShell() => _belongsToShell = true;

    private void Stop(object? sender, ConsoleCancelEventArgs pressed)
    {
        if (_belongsToShell)
        {
            return;
        }

        pressed.Cancel |= !_source.IsCancellationRequested;
        _end ??= new Timer(static _ => Environment.Exit(ExitCode.Cancelled), null, Patience, Timeout.InfiniteTimeSpan);
        _source.Cancel();
    }
}
