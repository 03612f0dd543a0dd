using NtScope.Debugging.Disassembly;
using NtScope.Reports;

namespace NtScope.Debugging.Execution;

/// <summary>What a session shows when its target stops: what it said, why it stopped, and the instruction that comes next.</summary>
public sealed class StopResult : ICommandResult
{
    private readonly CodeListing? _code;
    private readonly string? _failure;

    internal StopResult(ExecutionStop stop, Breakpoint? hit, CodeListing? code, string? failure, IReadOnlyList<ICommandResult> commands)
    {
        (Stop, Hit, Commands) = (stop, hit, commands);
        (_code, _failure) = (code, failure);
    }

    /// <summary>Where and why.</summary>
    public ExecutionStop Stop { get; }

    /// <summary>The breakpoint that was hit; null for none.</summary>
    public Breakpoint? Hit { get; }

    /// <summary>What the breakpoint's own commands gave.</summary>
    public IReadOnlyList<ICommandResult> Commands { get; }

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<StopRow>([new StopRow(Stop, Hit?.Number, _code?.Lines is [var line, ..] ? line.Text : null)]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        writer.Write(Stop.Output);
        writer.Write(Stop.Kind switch
        {
            StopKind.Breakpoint or StopKind.Access when Hit is not null => $"Breakpoint {Hit.Number} hit\n",
            StopKind.Break => "Break instruction exception - code 80000003 (first chance)\n",
            StopKind.Failure => $"\n{_failure}\nA fatal system error has occurred.\n\n",
            StopKind.Idle when Stop.Output.Length == 0 => "Nothing is left to run: .lab lets something happen, and .lab help lists what can.\n",
            _ => string.Empty,
        });
        if (Stop.Kind != StopKind.Idle)
        {
            _code?.Write(writer, cancellation);
        }

        foreach (var result in Commands)
        {
            result.Write(writer, cancellation);
        }
    }
}
