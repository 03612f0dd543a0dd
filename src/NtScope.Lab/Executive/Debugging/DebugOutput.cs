using System.Text;

namespace NtScope.Lab.Executive.Debugging;

/// <summary>What drivers print.</summary>
internal sealed class DebugOutput
{
    private readonly List<string> _lines = [];
    private readonly StringBuilder _partial = new();
    private long _characters;

    /// <summary>The lines, without their ends.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Adds text; it may hold several lines or a part of one.</summary>
    public void Write(string text)
    {
        foreach (var character in text)
        {
            if (character == '\n')
            {
                Flush();
            }
            else if (character != '\r')
            {
                _partial.Append(character);
                if (_partial.Length == LabLimits.DebugLine)
                {
                    Flush();
                }
            }
        }
    }

    /// <summary>Ends a line that has no end.</summary>
    public void Flush()
    {
        var line = _partial.ToString();
        _partial.Clear();
        _characters += line.Length + 1;
        if (_characters <= LabLimits.DebugCharacters)
        {
            _lines.Add(line);
        }
    }
}
