namespace NtScope.Debugging.Commands;

/// <summary><c>.process</c>: the process whose memory commands read.</summary>
public sealed class ProcessContextCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".process"];

    /// <inheritdoc/>
    public string Usage => ".process [/p] [/r] [address]";

    /// <inheritdoc/>
    public string Help => "Reads memory as the process at an address (_EPROCESS) sees it from now on; 0 is the system. /r adds the modules of its loader, so that ntdll!NtCreateFile resolves. Without an address it says which process is in context.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var withModules = false;
        while (arguments.TakeOption() is { } option)
        {
            if (option is not ("/p" or "/r" or "/P" or "/i")) throw new DebuggerException($"Unknown option '{option}'");
            withModules |= option == "/r";
        }

        if (!arguments.AtEnd)
        {
            var process = arguments.TakeAddress();
            arguments.RequireEnd();
            session.Context.Choose(session, process, withModules);
        }

        return new TextResult($"Implicit process is now {session.Format(session.Context.Process)}\n");
    }
}
