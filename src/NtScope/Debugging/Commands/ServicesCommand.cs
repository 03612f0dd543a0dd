using NtScope.Knowledge;
using NtScope.Reports;
using NtScope.Syscalls;

namespace NtScope.Debugging.Commands;

/// <summary><c>!ssdt</c>: the system services with names, addresses and arguments.</summary>
public sealed class ServicesCommand : ReportCommand
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; } = ["!ssdt"];

    /// <inheritdoc/>
    public override string Usage => "!ssdt [pattern]";

    /// <inheritdoc/>
    public override string Help => "Lists the system services: index, name, address, stack arguments, and what is wrong with them. A pattern (Nt*File*) chooses names.";

    /// <inheritdoc/>
    protected override IReport Make(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation) =>
        SyscallAnalyser.Analyse(session.Target, KnowledgeBase.Embedded, new SyscallOptions { Cancellation = cancellation });
}
