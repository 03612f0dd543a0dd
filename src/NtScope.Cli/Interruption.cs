namespace NtScope.Cli;

/// <summary>
/// Ctrl+C asks the work to stop; a second one ends the process, unless a shell that is at work takes it for itself. The command line's own
/// handler is not used since it fails at a second one.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();

    /// <summary>Starts to listen.</summary>
    public Interruption() => Console.CancelKeyPress += Stop;

    /// <summary>Set once Ctrl+C was pressed.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        Console.CancelKeyPress -= Stop;
        _source.Dispose();
    }

    private void Stop(object? sender, ConsoleCancelEventArgs pressed)
    {
        pressed.Cancel |= !_source.IsCancellationRequested;
        _source.Cancel();
    }
}
