namespace NtScope.Syscalls;

/// <summary>What an image has to do with system services.</summary>
public enum ServiceImageRole
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The kernel, under whatever name: it holds <c>KiServiceTable</c>.</summary>
    Kernel,

    /// <summary>win32k.sys: it holds <c>W32pServiceTable</c>.</summary>
    WindowManager,

    /// <summary>A module that win32k.sys hands its services on to: win32kbase.sys, win32kfull.sys.</summary>
    WindowManagerPart,

    /// <summary>A user-mode module with system call stubs: ntdll, win32u, iumdll.</summary>
    Stubs,
}
