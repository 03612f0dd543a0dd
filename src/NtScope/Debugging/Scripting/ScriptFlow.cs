namespace NtScope.Debugging.Scripting;

/// <summary>Where a script goes after a command.</summary>
public enum ScriptFlow
{
    /// <summary>On to the next command.</summary>
    Next,

    /// <summary>Out of the innermost loop.</summary>
    Break,

    /// <summary>To the next turn of the innermost loop.</summary>
    Continue,
}
