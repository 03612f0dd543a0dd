using System.Globalization;

namespace NtScope.Debugging.Commands;

/// <summary><c>r</c>: shows and sets pseudo-registers.</summary>
public sealed class RegistersCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["r"];

    /// <inheritdoc/>
    public string Usage => "r [@]register [= expression]";

    /// <inheritdoc/>
    public string Help => "Shows a register, or sets one of the pseudo-registers $t0 to $t19. A target that does not run has no other register to set.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        arguments.Take('@');
        var start = arguments.Position;
        while (!arguments.AtEnd && (char.IsAsciiLetterOrDigit(arguments.Line[arguments.Position]) || arguments.Line[arguments.Position] is '$' or '_')
            && !arguments.Line[start..arguments.Position].Contains(' ', StringComparison.Ordinal))
        {
            arguments.Position++;
        }

        var name = arguments.Line[start..arguments.Position].Trim();
        if (!session.TryGetRegister(name, out var value))
        {
            throw arguments.CaretError("Bad register error");
        }

        if (!arguments.Take('='))
        {
            arguments.RequireEnd();
            return new EvaluationResult(value, string.Create(CultureInfo.InvariantCulture, $"{name}={(session.PointerSize == sizeof(uint) ? value.ToString("x8") : value.ToString("x16"))}\n"));
        }

        value = arguments.TakeExpression();
        arguments.RequireEnd();
        return session.TrySetRegister(name, value) ? TextResult.None : throw new DebuggerException($"{name} cannot be set: the target does not run");
    }
}
