namespace NtScope.Debugging;

/// <summary>A command line that cannot be carried out. The message is what the shell prints; the session goes on.</summary>
/// <param name="message">The text, in the manner of WinDbg (<c>Couldn't resolve error at 'nt!Nothing'</c>).</param>
public sealed class DebuggerException(string message) : Exception(message)
{
}
