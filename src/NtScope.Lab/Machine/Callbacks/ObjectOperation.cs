namespace NtScope.Lab.Machine.Callbacks;

/// <summary>Callbacks for handles to objects of one type.</summary>
/// <param name="Type">The <c>_OBJECT_TYPE</c>.</param>
/// <param name="Operations">OB_OPERATION_HANDLE_CREATE 1, OB_OPERATION_HANDLE_DUPLICATE 2.</param>
/// <param name="Before">The routine that is called before; zero for none.</param>
/// <param name="After">The routine that is called after; zero for none.</param>
internal readonly record struct ObjectOperation(VirtualAddress Type, uint Operations, VirtualAddress Before, VirtualAddress After);
