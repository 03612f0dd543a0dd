namespace NtScope.Debugging.Expressions;

/// <summary>What a command expects; it names what is missing when there is none.</summary>
public enum ExpressionKind
{
    /// <summary>A number.</summary>
    Numeric,

    /// <summary>An address.</summary>
    Address,
}
