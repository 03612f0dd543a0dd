using System.Text.Json;

namespace NtScope.Windows.Agent;

/// <summary>The hotkeys of the agent, from a JSON file with comments.</summary>
/// <param name="Bindings">The keys that hold.</param>
/// <param name="Problems">What is wrong in the file, each with its line.</param>
internal sealed record HotkeyConfiguration(IReadOnlyList<HotkeyBinding> Bindings, IReadOnlyList<string> Problems)
{
    private const int MostBytes = 1 << 20;
    private const int MostBindings = 256;

    /// <summary>What is written where there is no file yet.</summary>
    public const string DefaultText = """
        {
          // Hotkeys of the desktop agent. A key is modifiers (Alt, Ctrl, Shift, Win) and one key, joined by +.
          // Actions: "switch 2" (the second desktop; Default is the first), "switch Work" (by name),
          //          "next", "previous", "overview", "overview left|right|up|down" (opens with the neighbour chosen).
          "hotkeys": {
            "Alt+1": "switch 1",
            "Alt+2": "switch 2",
            "Alt+3": "switch 3",
            "Alt+4": "switch 4",
            "Alt+5": "switch 5",
            "Alt+6": "switch 6",
            "Alt+7": "switch 7",
            "Alt+8": "switch 8",
            "Alt+9": "switch 9",
            "Alt+Shift+Left": "overview left",
            "Alt+Shift+Right": "overview right",
            "Alt+Shift+Up": "overview up",
            "Alt+Shift+Down": "overview down",
          },
        }
        """;

    /// <summary>Where the file of the user is.</summary>
    public static string DefaultPath => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "NtScope", "hotkeys.json");

    /// <summary>Reads the file at <paramref name="path"/>, after writing the default one if there is none.</summary>
    /// <exception cref="InputException">It is too long or no JSON.</exception>
    public static HotkeyConfiguration Load(string path)
    {
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.WriteAllText(path, DefaultText);
        }

        return new FileInfo(path).Length > MostBytes
            ? throw new InputException(path, $"more than {MostBytes} bytes are no hotkey file")
            : Parse(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="bytes">UTF-8 JSON; comments and trailing commas are allowed.</param>
    /// <param name="input">The file's name, for errors.</param>
    /// <exception cref="InputException">It is no JSON; the message says the line.</exception>
    public static HotkeyConfiguration Parse(ReadOnlySpan<byte> bytes, string input)
    {
        var bindings = new List<HotkeyBinding>();
        var problems = new List<string>();
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = Limits.ReportDepth });
            while (reader.Read())
            {
                if (reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 } && !reader.ValueTextEquals("hotkeys"u8))
                {
                    problems.Add($"line {Line(bytes, reader.TokenStartIndex)}: {reader.GetString()} is not known here; only hotkeys is");
                    reader.Skip();
                }
                else if (reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 2 })
                {
                    ReadBinding(ref reader, Line(bytes, reader.TokenStartIndex), bindings, problems);
                }
            }
        }
        catch (JsonException exception)
        {
            throw new InputException(input, $"line {(exception.LineNumber ?? 0) + 1} is not JSON: {exception.Message.Split(". ")[0].TrimEnd('.')}", exception);
        }

        return new HotkeyConfiguration(bindings, problems);
    }

    private static void ReadBinding(ref Utf8JsonReader reader, int line, List<HotkeyBinding> bindings, List<string> problems)
    {
        var key = reader.GetString()!;
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            problems.Add($"line {line}: the action of {key} is no text");
            reader.Skip();
            return;
        }

        if (!KeyNames.TryParse(key, out var modifiers, out var virtualKey, out var problem))
        {
            problems.Add($"line {line}: {key}: {problem}");
            return;
        }

        var words = reader.GetString()!.Split(' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var argument = words.Length > 1 ? words[1] : "";
        HotkeyAction? action = (words.FirstOrDefault(), argument) switch
        {
            ("switch", { Length: > 0 }) => HotkeyAction.Switch,
            ("next", "") => HotkeyAction.Next,
            ("previous", "") => HotkeyAction.Previous,
            ("overview", "" or "left" or "right" or "up" or "down") => HotkeyAction.Overview,
            _ => null,
        };
        if (action is null)
        {
            problems.Add($"line {line}: \"{string.Join(' ', words)}\" is no action (switch NUMBER, switch NAME, next, previous, overview)");
        }
        else if (bindings.FirstOrDefault(other => other.Modifiers == modifiers && other.VirtualKey == virtualKey) is { } earlier)
        {
            problems.Add($"line {line}: {key} collides with {earlier.Text} above, which holds");
        }
        else if (bindings.Count < MostBindings)
        {
            bindings.Add(new HotkeyBinding(key, modifiers, virtualKey, action.Value, argument));
        }
        else
        {
            problems.Add($"line {line}: more than {MostBindings} hotkeys");
        }
    }

    private static int Line(ReadOnlySpan<byte> bytes, long position) => bytes[..(int)position].Count((byte)'\n') + 1;
}
