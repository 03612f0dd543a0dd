using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Objects;

/// <summary>An object: a body in guest memory behind an OBJECT_HEADER, and what the executive knows of it.</summary>
internal sealed class KernelObject(ulong address, ObjectKind kind, string? name)
{
    /// <summary>The body.</summary>
    public ulong Address { get; } = address;

    /// <summary>The type.</summary>
    public ObjectKind Kind { get; } = kind;

    /// <summary>The full name in the namespace; null without one.</summary>
    public string? Name { get; set; } = name;

    /// <summary>The call that made it; null for the executive.</summary>
    public StackTrace? Origin { get; init; }

    /// <summary>References from pointers and handles.</summary>
    public int References { get; set; } = 1;

    /// <summary>Open handles.</summary>
    public int Handles { get; set; }

    /// <summary>What stands behind the object: a process, a file, a key.</summary>
    public object? State { get; set; }

    /// <summary>What is done when the last reference goes; null for nothing.</summary>
    public Action? Deleted { get; set; }

    /// <summary>What is done when the last handle goes; null for nothing.</summary>
    public Action? Closed { get; set; }
}
