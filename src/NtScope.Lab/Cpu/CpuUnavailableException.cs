namespace NtScope.Lab.Cpu;

/// <summary>The native CPU emulator is not installed. The message says what to install.</summary>
public sealed class CpuUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
