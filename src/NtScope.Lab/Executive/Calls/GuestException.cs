using NtScope.Lab.Drivers;

namespace NtScope.Lab.Executive.Calls;

/// <summary>An executive routine raises a structured exception in its caller.</summary>
internal sealed class GuestException(NtStatus code, params ulong[] parameters) : Exception($"exception 0x{(uint)code:X8}")
{
    /// <summary>The exception code.</summary>
    public NtStatus Code { get; } = code;

    /// <summary>The exception information.</summary>
    public ulong[] Parameters { get; } = parameters;
}
