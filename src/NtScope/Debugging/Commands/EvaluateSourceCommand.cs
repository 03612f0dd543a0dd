using NtScope.Debugging.SourceExpressions;

namespace NtScope.Debugging.Commands;

/// <summary><c>??</c>: evaluates a C++ expression.</summary>
public sealed class EvaluateSourceCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["??"];

    /// <inheritdoc/>
    public string Usage => "?? expression";

    /// <inheritdoc/>
    public string Help =>
        "Evaluates a C++ expression over the target's types: numbers are decimal, (nt!_EPROCESS*)0xffff...->Pcb.Header reads fields, sizeof(type) and #FIELD_OFFSET(type, field) measure, "
        + "@@masm(...) evaluates as ? does. Nothing is assigned, no function is called.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var position = arguments.Position;
        var result = new SourceResult(session, session.EvaluateSource(arguments.Line, ref position));
        arguments.Position = position;
        if (arguments.AtEnd)
        {
            return result;
        }

        // The engine shows the value even when it then complains about what follows it.
        var text = new StringWriter();
        result.Write(text, cancellation);
        throw new DebuggerException(text + arguments.CaretError("Extra character error", 1).Message);
    }
}
