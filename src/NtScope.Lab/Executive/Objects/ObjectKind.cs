namespace NtScope.Lab.Executive.Objects;

/// <summary>Types of objects that the machine has.</summary>
internal enum ObjectKind
{
    /// <summary>Directory.</summary>
    Directory,

    /// <summary>SymbolicLink.</summary>
    SymbolicLink,

    /// <summary>Driver.</summary>
    Driver,

    /// <summary>Device.</summary>
    Device,

    /// <summary>File.</summary>
    File,

    /// <summary>Process.</summary>
    Process,

    /// <summary>Thread.</summary>
    Thread,

    /// <summary>Event.</summary>
    Event,

    /// <summary>Key.</summary>
    Key,

    /// <summary>Section.</summary>
    Section,

    /// <summary>FilterConnectionPort and its server side.</summary>
    FilterPort,

    /// <summary>Callback.</summary>
    Callback,

    /// <summary>Token.</summary>
    Token,
}
