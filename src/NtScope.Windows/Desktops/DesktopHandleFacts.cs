namespace NtScope.Windows.Desktops;

/// <summary>A desktop that some process has a handle to.</summary>
/// <param name="Name">The desktop's name.</param>
/// <param name="Object">The object's address; null if the system does not show it.</param>
/// <param name="ProcessIds">The processes that hold a handle.</param>
/// <param name="Owner">The process whose handle grants the most.</param>
/// <param name="Handle">That handle, in its process.</param>
internal sealed record DesktopHandleFacts(string Name, VirtualAddress? Object, IReadOnlyList<uint> ProcessIds, uint Owner = 0, nint Handle = 0);
