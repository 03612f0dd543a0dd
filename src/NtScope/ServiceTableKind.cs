namespace NtScope;

/// <summary>Which system service table a service belongs to.</summary>
public enum ServiceTableKind
{
    /// <summary>The kernel's own table (<c>KiServiceTable</c>), indices from 0.</summary>
    Nt,

    /// <summary>The window manager's table (<c>W32pServiceTable</c>), indices from 0x1000 as the caller puts them in EAX.</summary>
    Win32k,

    /// <summary>The secure kernel's table for isolated user mode, indices from 0x8000000 as the caller puts them in EAX.</summary>
    Ium,
}
