namespace NtScope.Syscalls;

/// <summary>An entry of a service table, with what belongs to it.</summary>
/// <param name="Raw">The bits as they stand in the image: 32 or 64.</param>
/// <param name="RoutineRva">Where it leads, in bytes from the image's base; null if outside the image.</param>
/// <param name="StackArguments">
/// The arguments that the kernel copies from the caller's stack: on x86 all of them, on x64 and ARM64 those behind the fourth and eighth.
/// Null if the table of arguments is not known.
/// </param>
public readonly record struct ServiceSlot(ulong Raw, uint? RoutineRva, int? StackArguments);
