namespace NtScope.Windows.Management;

/// <summary>A desktop cannot be made, entered or closed. The message is one line: what, why, and what to do.</summary>
/// <param name="message">The line, without a full stop.</param>
public sealed class DesktopException(string message) : Exception(message);
