namespace NtScope.Lab.Cpu;

/// <summary>The registers that carry a call's arguments on x64 Windows.</summary>
internal readonly record struct CallRegisters(ulong Rcx, ulong Rdx, ulong R8, ulong R9, ulong Rsp);
