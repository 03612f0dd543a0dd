namespace NtScope.Rendering;

/// <summary>Breaks long sentences at spaces.</summary>
internal static class WordWrap
{
    /// <summary>The text in lines of at most <paramref name="width"/> columns; a word longer than that stays whole.</summary>
    public static IEnumerable<string> Lines(string text, int width)
    {
        var start = 0;
        var end = 0;
        while (end < text.Length)
        {
            var space = text.IndexOf(' ', end + 1);
            var next = space < 0 ? text.Length : space;
            if (end > start && DisplayWidth.Of(text[start..next]) > width)
            {
                yield return text[start..end];
                start = end + 1;
            }

            end = next;
        }

        yield return text[start..];
    }
}
