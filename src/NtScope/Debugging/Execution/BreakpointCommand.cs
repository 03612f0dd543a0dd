namespace NtScope.Debugging.Execution;

/// <summary><c>bp</c>, <c>bu</c> and <c>ba</c>: stop the target at an instruction, or behind an access.</summary>
/// <param name="execution">What runs the target.</param>
public sealed class BreakpointCommand(ExecutionController execution) : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["bp", "bu", "ba"];

    /// <inheritdoc/>
    public string Usage => "bp|bu address [passes] [\"commands\"] · ba e|r|w SIZE address";

    /// <inheritdoc/>
    public string Help => "Stops the machine before an instruction, at the passes-th time, and runs commands there. A place in a driver that is not loaded yet is found once it is. " +
        "ba stops behind an instruction that reads or writes (r) or writes (w) 1, 2, 4 or 8 bytes.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var access = 'e';
        var size = 1;
        if (arguments.Name.Equals("ba", StringComparison.OrdinalIgnoreCase))
        {
            var kind = arguments.TakeWord();
            if (kind.Length == 0 || "erw".IndexOf(char.ToLowerInvariant(kind[0]), StringComparison.Ordinal) < 0)
            {
                throw arguments.CaretError("Access type error");
            }

            access = char.ToLowerInvariant(kind[0]);
            var number = kind.Length > 1 ? kind[1..] : arguments.TakeWord();
            if (number is not ("1" or "2" or "4" or "8"))
            {
                throw arguments.CaretError("Access size error");
            }

            size = number[0] - '0';
        }

        var expression = arguments.TakeWord();
        if (expression.Length == 0)
        {
            throw arguments.CaretError("Breakpoint address error");
        }

        var commands = string.Empty;
        var passes = 1u;
        var rest = arguments.TakeRest();
        if (rest.IndexOf('"', StringComparison.Ordinal) is var quote and >= 0)
        {
            commands = rest[(quote + 1)..].TrimEnd().TrimEnd('"');
            rest = rest[..quote];
        }

        if (rest.Trim() is { Length: > 0 } count)
        {
            passes = (uint)Math.Clamp(session.Evaluator.Evaluate(count), 1, uint.MaxValue);
        }

        var address = execution.Resolve(expression);
        if (address is null && access != 'e')
        {
            throw new DebuggerException($"Couldn't resolve error at '{expression}'");
        }

        execution.Add(number => new Breakpoint(number, expression)
        {
            Address = address,
            Data = access == 'e' ? null : new DataBreakpoint(address!.Value, size, access == 'w'),
            Passes = passes,
            PassesLeft = passes,
            Commands = commands,
        });
        return new TextResult(address is null ? $"Bp expression '{expression}' could not be resolved, adding deferred bp\n" : string.Empty);
    }
}
