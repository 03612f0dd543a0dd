using NtScope.Reports;

namespace NtScope.Syscalls;

/// <summary>A system call stub of a user-mode module.</summary>
/// <param name="Name">The service's name; where <c>Nt</c> and <c>Zw</c> name the same stub, the <c>Nt</c> one.</param>
/// <param name="Rva">Where it is, in bytes from the module's base.</param>
/// <param name="Index">The service it asks for; null if a changed stub no longer says and its neighbours do not either.</param>
/// <param name="Form">How it enters the kernel.</param>
/// <param name="HighWord">The upper half of EAX: on x86 under x64 the number of a shortcut in wow64cpu, else 0.</param>
/// <param name="StackBytes">The bytes of arguments that it removes from the stack; null where the caller does that (x64, ARM64).</param>
/// <param name="Findings">What is wrong with it; usually empty.</param>
public sealed record ServiceStub(
    string Name, uint Rva, ServiceIndex? Index, StubForm Form, ushort HighWord, int? StackBytes, IReadOnlyList<Finding> Findings);
