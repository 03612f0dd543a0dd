using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Objects;

/// <summary>An open handle.</summary>
/// <param name="Object">What it refers to.</param>
/// <param name="Access">The granted access.</param>
/// <param name="IsKernel">Whether it is a kernel handle (OBJ_KERNEL_HANDLE).</param>
/// <param name="Owner">The driver that opened it; null for a user or the executive.</param>
/// <param name="Origin">The call that opened it; null for a user or the executive.</param>
internal sealed record Handle(KernelObject Object, uint Access, bool IsKernel, LoadedDriver? Owner, StackTrace? Origin);
