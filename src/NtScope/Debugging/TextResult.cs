namespace NtScope.Debugging;

/// <summary>A result that is text alone.</summary>
/// <param name="Text">The text, lines ended; may be empty.</param>
public sealed record TextResult(string Text) : ICommandResult
{
    /// <summary>Nothing to say.</summary>
    public static TextResult None { get; } = new(string.Empty);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation) => writer.Write(Text);
}
