namespace NtScope.Images;

/// <summary>A module that an image imports from.</summary>
/// <param name="Name">The module's file name as the image says it.</param>
/// <param name="IsDelayLoaded">Whether it is loaded when one of its functions is first called.</param>
/// <param name="Functions">What is imported from it.</param>
public sealed record ImportedModule(string Name, bool IsDelayLoaded, IReadOnlyList<ImportedFunction> Functions);
