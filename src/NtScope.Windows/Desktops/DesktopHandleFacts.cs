namespace NtScope.Windows.Desktops;

/// <summary>A desktop that some process has a handle to.</summary>
/// <param name="Name">The desktop's name.</param>
/// <param name="Object">The object's address; null if the system does not show it.</param>
/// <param name="ProcessIds">The processes that hold a handle.</param>
internal sealed record DesktopHandleFacts(string Name, VirtualAddress? Object, IReadOnlyList<uint> ProcessIds);
