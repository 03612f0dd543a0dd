namespace NtScope;

/// <summary>Something that <c>info</c> says about a target: the format of a capture, its kernel's base, when it was taken.</summary>
/// <param name="Name">What it is, in words (<c>Kernel base</c>).</param>
/// <param name="Value">The value as people read it. It may hold text from an untrusted input.</param>
public sealed record TargetFact(string Name, string Value);
