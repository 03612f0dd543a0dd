namespace NtScope.Cli.Debugger;

/// <summary>The line that is being edited, and the cursor in it.</summary>
internal sealed class LineBuffer
{
    /// <summary>The text.</summary>
    public string Text { get; private set; } = string.Empty;

    /// <summary>Characters left of the cursor.</summary>
    public int Cursor { get; private set; }

    /// <summary>Puts another text in its place, the cursor behind it.</summary>
    public void Set(string text)
    {
        Text = text;
        Cursor = text.Length;
    }

    /// <summary>Types a text at the cursor.</summary>
    public void Insert(string text)
    {
        Text = Text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    /// <summary>Replaces the characters from <paramref name="start"/> to the cursor.</summary>
    public void ReplaceFrom(int start, string text)
    {
        Text = string.Concat(Text.AsSpan(0, start), text, Text.AsSpan(Cursor));
        Cursor = start + text.Length;
    }

    /// <summary>Moves the cursor, as far as the line goes.</summary>
    public void MoveTo(int cursor) => Cursor = Math.Clamp(cursor, 0, Text.Length);

    /// <summary>The start of the word left of the cursor.</summary>
    public int WordLeft()
    {
        var place = Cursor;
        while (place > 0 && Text[place - 1] == ' ') place--;
        while (place > 0 && Text[place - 1] != ' ') place--;
        return place;
    }

    /// <summary>The end of the word right of the cursor.</summary>
    public int WordRight()
    {
        var place = Cursor;
        while (place < Text.Length && Text[place] == ' ') place++;
        while (place < Text.Length && Text[place] != ' ') place++;
        return place;
    }

    /// <summary>Deletes the character left of the cursor.</summary>
    public void Backspace()
    {
        if (Cursor > 0) ReplaceFrom(Cursor - 1, string.Empty);
    }

    /// <summary>Deletes the character under the cursor.</summary>
    public void Delete()
    {
        if (Cursor < Text.Length) Text = Text.Remove(Cursor, 1);
    }

    /// <summary>Deletes from the cursor to the end.</summary>
    public void DeleteToEnd() => Text = Text[..Cursor];
}
