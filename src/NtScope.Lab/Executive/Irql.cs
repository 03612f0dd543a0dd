namespace NtScope.Lab.Executive;

/// <summary>Interrupt request levels of x64.</summary>
internal enum Irql : byte
{
    /// <summary>PASSIVE_LEVEL.</summary>
    Passive = 0,

    /// <summary>APC_LEVEL.</summary>
    Apc = 1,

    /// <summary>DISPATCH_LEVEL.</summary>
    Dispatch = 2,

    /// <summary>HIGH_LEVEL.</summary>
    High = 15,
}
