namespace NtScope.Debugging.Execution;

/// <summary>Why a target stopped.</summary>
public enum StopKind
{
    /// <summary>At a breakpoint on an instruction.</summary>
    Breakpoint,

    /// <summary>Behind an instruction that accessed a watched range.</summary>
    Access,

    /// <summary>Where the request said.</summary>
    Step,

    /// <summary>Because the user interrupted it, or code broke in by itself.</summary>
    Break,

    /// <summary>Because an image was loaded or unloaded; it goes on when it is resumed.</summary>
    ModulesChanged,

    /// <summary>Because it failed: a bug check or what stands for one.</summary>
    Failure,

    /// <summary>Nothing is left to do until something happens.</summary>
    Idle,
}
