using NtScope.Knowledge;
using NtScope.Symbols;

namespace NtScope.Targets;

/// <summary>How to open a target.</summary>
public sealed record TargetOptions
{
    /// <summary>What is known of real builds.</summary>
    public KnowledgeBase Knowledge { get; init; } = KnowledgeBase.Embedded;

    /// <summary>Where symbol files are looked for; they come before what is embedded.</summary>
    public SymbolPath Symbols { get; init; } = SymbolPath.Empty;

    /// <summary>Hears how far long jobs are; null if nobody listens.</summary>
    public IProgress<Progress>? Progress { get; init; }

    /// <summary>Ends the opening early.</summary>
    public CancellationToken Cancellation { get; init; }
}
