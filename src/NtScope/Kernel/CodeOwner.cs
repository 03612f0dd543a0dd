namespace NtScope.Kernel;

/// <summary>Who owns a piece of code.</summary>
/// <param name="Module">The module that covers it; null outside every module.</param>
/// <param name="Symbol">The nearest name below it, with the distance (<c>nt!NtClose+0x10</c>); null if the module has no names.</param>
public readonly record struct CodeOwner(Module? Module, string? Symbol);
