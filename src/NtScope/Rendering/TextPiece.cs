namespace NtScope.Rendering;

/// <summary>A piece of a line of text and what it is.</summary>
/// <param name="Text">The text, safe to show, with its padding.</param>
/// <param name="Role">What it is.</param>
public readonly record struct TextPiece(string Text, TextRole Role);
