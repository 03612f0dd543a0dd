using System.Globalization;

namespace NtScope.Debugging.Commands;

/// <summary><c>n</c>: the base of numbers without a prefix.</summary>
public sealed class RadixCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["n"];

    /// <inheritdoc/>
    public string Usage => "n [8|10|16]";

    /// <inheritdoc/>
    public string Help => "Shows or sets the base of numbers without a prefix. The argument itself is decimal.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        if (!arguments.AtEnd)
        {
            var start = arguments.Position;
            if (!int.TryParse(arguments.TakeWord(), NumberStyles.None, CultureInfo.InvariantCulture, out var radix) || radix is not (8 or 10 or 16))
            {
                arguments.Position = start;
                throw arguments.CaretError("Syntax error");
            }

            session.Radix = radix;
        }

        return new TextResult($"base is {session.Radix.ToString(CultureInfo.InvariantCulture)}\n");
    }
}
