using NtScope.Lab.Machine.Images;

namespace NtScope.Lab.Machine.Modules;

/// <summary>A driver object of the machine.</summary>
/// <param name="Path">Its full name (<c>\Driver\Null</c>).</param>
/// <param name="Object">Its <c>_DRIVER_OBJECT</c>.</param>
/// <param name="Image">Its image.</param>
/// <param name="Devices">The full names of its devices.</param>
public sealed record MachineDriver(string Path, VirtualAddress Object, LabImage Image, IReadOnlyList<string> Devices);
