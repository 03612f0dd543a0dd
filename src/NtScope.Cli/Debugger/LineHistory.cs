namespace NtScope.Cli.Debugger;

/// <summary>The lines of this session and those before it, kept in a file of the user's.</summary>
internal sealed class LineHistory : IDisposable
{
    private const int Kept = 1000;
    private readonly string? _path;
    private readonly List<string> _lines;

    private LineHistory(string? path, List<string> lines)
    {
        _path = path;
        _lines = lines;
    }

    /// <summary>How many lines there are.</summary>
    public int Count => _lines.Count;

    /// <summary>A line, the oldest first.</summary>
    public string this[int index] => _lines[index];

    /// <summary>The history of the user; an empty one that is not kept if its file cannot be read.</summary>
    public static LineHistory Open() => Open(Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "NtScope", "debug-history"));

    /// <summary>The history in a file.</summary>
    public static LineHistory Open(string path)
    {
        try
        {
            return new LineHistory(path, File.Exists(path) ? [.. File.ReadLines(path).TakeLast(Kept)] : []);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return new LineHistory(null, []);
        }
    }

    /// <summary>Adds a line, unless it repeats the last.</summary>
    public void Add(string line)
    {
        if (_lines.Count == 0 || _lines[^1] != line) _lines.Add(line);
    }

    /// <summary>Writes the file anew, through a temporary one so that an interruption loses nothing.</summary>
    public void Dispose()
    {
        if (_path is null)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            var partial = $"{_path}.{Environment.ProcessId}";
            File.WriteAllLines(partial, _lines.TakeLast(Kept));
            File.Move(partial, _path, overwrite: true);
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            // A history that cannot be kept is no reason to end with an error.
        }
    }
}
