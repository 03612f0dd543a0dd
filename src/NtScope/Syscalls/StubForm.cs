namespace NtScope.Syscalls;

/// <summary>How a system call stub enters the kernel.</summary>
public enum StubForm
{
    /// <summary>Not in a form that any Windows or Wine has: the stub was changed, or it is none.</summary>
    Unknown,

    /// <summary>x64: <c>mov r10,rcx; mov eax,N; syscall; ret</c> (up to 8.1).</summary>
    Syscall,

    /// <summary>x64: the same with a test of <c>SharedUserData+0x308</c> that may lead to <c>int 2Eh</c> (10 and later; Wine).</summary>
    TestedSyscall,

    /// <summary>x86: <c>mov edx,7FFE0300h; call [edx]</c> (XP SP2 to 7) or <c>call edx</c> (XP up to SP1).</summary>
    SharedDataCall,

    /// <summary>x86: <c>lea edx,[esp+4]; int 2Eh</c> (up to 2000).</summary>
    Interrupt,

    /// <summary>x86: a call to <c>mov edx,esp; sysenter</c> behind the stub (8 and later).</summary>
    SystemEnter,

    /// <summary>x86 on x64: <c>call fs:[0C0h]</c> (up to 8.1, and inside one stub of 10).</summary>
    Wow64Gate,

    /// <summary>x86 on x64 and Wine: <c>mov edx,address; call edx</c> to a dispatcher in the module (10 and later).</summary>
    Wow64Call,

    /// <summary>ARM64: <c>svc #N; ret</c>.</summary>
    SupervisorCall,
}
