namespace NtScope.Windows.Management;

/// <summary>A desktop and what stood on it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Programs">The command lines of its programs.</param>
public sealed record SavedDesktop(string Name, IReadOnlyList<string> Programs);
