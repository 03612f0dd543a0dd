using NtScope.Debugging;

namespace NtScope.Cli.Debugger;

/// <summary>
/// Edits a line on the terminal: arrows, Home, End, Ctrl+A E B F K U W D L, Alt+B F, history with Up and Down and Ctrl+R, completion with Tab.
/// Ctrl+C gives the line up, Ctrl+D on an empty line ends.
/// </summary>
internal sealed class LineEditor(LineHistory history, Func<string, Completion> complete)
{
    private readonly LineBuffer _buffer = new();
    private string _prompt = string.Empty;
    private int _place;
    private string _draft = string.Empty;

    /// <summary>The line that was typed; null at the end of the input.</summary>
    public string? ReadLine(string prompt)
    {
        _prompt = prompt;
        _buffer.Set(string.Empty);
        _place = history.Count;
        _draft = string.Empty;
        var before = Console.TreatControlCAsInput;
        Console.TreatControlCAsInput = true;
        try
        {
            while (true)
            {
                Draw();
                var key = Console.ReadKey(intercept: true);
                if (key.Key == ConsoleKey.Enter)
                {
                    Console.Out.Write("\r\n");
                    return _buffer.Text;
                }

                if (IsControl(key, ConsoleKey.C))
                {
                    Console.Out.Write("^C\r\n");
                    _buffer.Set(string.Empty);
                    _place = history.Count;
                }
                else if (IsControl(key, ConsoleKey.D) && _buffer.Text.Length == 0)
                {
                    Console.Out.Write("\r\n");
                    return null;
                }
                else
                {
                    Apply(key);
                }
            }
        }
        finally
        {
            Console.TreatControlCAsInput = before;
        }
    }

    private static bool IsControl(ConsoleKeyInfo key, ConsoleKey letter) => key.Key == letter && key.Modifiers.HasFlag(ConsoleModifiers.Control);

    private void Apply(ConsoleKeyInfo key)
    {
        var (control, alt) = (key.Modifiers.HasFlag(ConsoleModifiers.Control), key.Modifiers.HasFlag(ConsoleModifiers.Alt));
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow when control:
            case ConsoleKey.B when alt:
                _buffer.MoveTo(_buffer.WordLeft());
                break;
            case ConsoleKey.RightArrow when control:
            case ConsoleKey.F when alt:
                _buffer.MoveTo(_buffer.WordRight());
                break;
            case ConsoleKey.LeftArrow:
            case ConsoleKey.B when control:
                _buffer.MoveTo(_buffer.Cursor - 1);
                break;
            case ConsoleKey.RightArrow:
            case ConsoleKey.F when control:
                _buffer.MoveTo(_buffer.Cursor + 1);
                break;
            case ConsoleKey.Home:
            case ConsoleKey.A when control:
                _buffer.MoveTo(0);
                break;
            case ConsoleKey.End:
            case ConsoleKey.E when control:
                _buffer.MoveTo(_buffer.Text.Length);
                break;
            case ConsoleKey.Backspace:
                _buffer.Backspace();
                break;
            case ConsoleKey.Delete:
            case ConsoleKey.D when control:
                _buffer.Delete();
                break;
            case ConsoleKey.K when control:
                _buffer.DeleteToEnd();
                break;
            case ConsoleKey.U when control:
                _buffer.ReplaceFrom(0, string.Empty);
                break;
            case ConsoleKey.W when control:
                _buffer.ReplaceFrom(_buffer.WordLeft(), string.Empty);
                break;
            case ConsoleKey.L when control:
                Console.Out.Write("\x1b[2J\x1b[H");
                break;
            case ConsoleKey.UpArrow:
            case ConsoleKey.P when control:
                Recall(_place - 1);
                break;
            case ConsoleKey.DownArrow:
            case ConsoleKey.N when control:
                Recall(_place + 1);
                break;
            case ConsoleKey.R when control:
                SearchBack();
                break;
            case ConsoleKey.Tab:
                Complete();
                break;
            default:
                if (!char.IsControl(key.KeyChar)) _buffer.Insert(key.KeyChar.ToString());
                break;
        }
    }

    private void Recall(int place)
    {
        if (place < 0 || place > history.Count)
        {
            return;
        }

        if (_place == history.Count) _draft = _buffer.Text;
        _place = place;
        _buffer.Set(place == history.Count ? _draft : history[place]);
    }

    // The nearest older line that holds what stands left of the cursor.
    private void SearchBack()
    {
        var wanted = _buffer.Text[.._buffer.Cursor];
        for (var place = _place - 1; place >= 0; place--)
        {
            if (history[place].Contains(wanted, StringComparison.OrdinalIgnoreCase))
            {
                Recall(place);
                return;
            }
        }
    }

    private void Complete()
    {
        var found = complete(_buffer.Text[.._buffer.Cursor]);
        if (found.Candidates.Count == 0)
        {
            return;
        }

        var common = found.CommonPrefix;
        if (common.Length > _buffer.Cursor - found.Start || found.Candidates.Count == 1)
        {
            _buffer.ReplaceFrom(found.Start, common + (found.Candidates.Count == 1 && !common.EndsWith('!') ? " " : ""));
            return;
        }

        Console.Out.Write("\r\n" + string.Join("  ", found.Candidates.Take(Shown)) + (found.Candidates.Count > Shown ? $"  … {found.Candidates.Count}" : "") + "\r\n");
    }

    private const int Shown = 60;

    // A line longer than the terminal scrolls sideways, the cursor in view.
    private void Draw()
    {
        var width = Math.Max(8, Console.WindowWidth - _prompt.Length - 1);
        var start = Math.Max(0, _buffer.Cursor - width);
        var shown = _buffer.Text.AsSpan(start, Math.Min(width, _buffer.Text.Length - start));
        var back = shown.Length - (_buffer.Cursor - start);
        Console.Out.Write($"\r{_prompt}{shown}\x1b[K{(back > 0 ? $"\x1b[{back}D" : "")}");
        Console.Out.Flush();
    }
}
