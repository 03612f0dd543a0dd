namespace NtScope.Lab.Machine.Sessions;

/// <summary>A window of a desktop.</summary>
/// <param name="Handle">Its handle.</param>
/// <param name="Object">Its <c>tagWND</c>, in session space.</param>
/// <param name="Title">Its title.</param>
/// <param name="ProcessId">The process that owns it.</param>
/// <param name="ThreadId">The thread that owns it.</param>
/// <param name="IsVisible">Whether it is shown.</param>
public sealed record LabWindow(uint Handle, VirtualAddress Object, string Title, uint ProcessId, uint ThreadId, bool IsVisible);
