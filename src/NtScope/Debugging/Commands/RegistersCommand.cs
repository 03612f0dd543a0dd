using System.Globalization;
using NtScope.Debugging.Execution;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary><c>r</c>: shows and sets pseudo-registers.</summary>
public sealed class RegistersCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["r"];

    /// <inheritdoc/>
    public string Usage => "r [@]register [= expression] [, ...]";

    /// <inheritdoc/>
    public string Help => "Shows registers, or sets those of the pseudo-registers $t0 to $t19. A target that does not run has no other register to set.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        if (arguments.AtEnd && session.Execution is not null)
        {
            return new RegisterListing(session);
        }

        var shown = new List<(string Name, ulong Value)>();
        do
        {
            var name = TakeName(arguments);
            if (!session.TryGetRegister(name, out var value))
            {
                throw arguments.CaretError("Bad register error");
            }

            if (!arguments.Take('='))
            {
                shown.Add((name, value));
                continue;
            }

            value = arguments.TakeExpression();
            if (!session.TrySetRegister(name, value))
            {
                throw new DebuggerException($"{name} cannot be set: the target does not run");
            }
        }
        while (arguments.Take(','));
        arguments.RequireEnd();
        return shown.Count == 0 ? TextResult.None : new RegisterValues(shown, session.PointerSize);
    }

    private static string TakeName(CommandArguments arguments)
    {
        arguments.Take('@');
        var start = arguments.Position;
        while (arguments.Position < arguments.Line.Length && (char.IsAsciiLetterOrDigit(arguments.Line[arguments.Position]) || arguments.Line[arguments.Position] is '$' or '_'))
        {
            arguments.Position++;
        }

        return arguments.Line[start..arguments.Position];
    }

    private sealed record RegisterValues(IReadOnlyList<(string Name, ulong Value)> Values, int PointerSize) : ICommandResult
    {
        public IReportTable Table => new ReportTable<ValueRow>([.. Values.Select(register => new ValueRow(register.Value))]);

        public void Write(TextWriter writer, CancellationToken cancellation) =>
            writer.Write(string.Join(' ', Values.Select(register => string.Create(
                CultureInfo.InvariantCulture,
                $"{register.Name}={(PointerSize == sizeof(uint) ? register.Value.ToString("x8") : register.Value.ToString("x16"))}"))) + "\n");
    }
}
