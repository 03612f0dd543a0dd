namespace NtScope.Knowledge;

/// <summary>A parameter of a native function.</summary>
/// <param name="Type">Its type as C writes it (<c>PHANDLE</c>).</param>
/// <param name="Name">Its name (<c>FileHandle</c>).</param>
/// <param name="Sal">Its source annotation (<c>_Out_</c>, <c>_In_reads_bytes_(Length)</c>); empty if it has none.</param>
public readonly record struct PrototypeParameter(string Type, string Name, string Sal);
