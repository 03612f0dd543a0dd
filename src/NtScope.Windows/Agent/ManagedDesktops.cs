using System.Text.Json;

namespace NtScope.Windows.Agent;

/// <summary>The desktops that were made with this program and not closed with it, in the order of their making. Kept in the user's profile.</summary>
internal sealed class ManagedDesktops
{
    private const int Most = 256;
    private readonly string _path;
    private readonly List<string> _names;

    private ManagedDesktops(string path, List<string> names)
    {
        _path = path;
        _names = names;
    }

    /// <summary>Their names.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Reads what is kept; nothing if there is no file or it is spoilt.</summary>
    public static ManagedDesktops Load() => Load(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "NtScope", "desktops.json"));

    /// <summary>Reads the file at <paramref name="path"/>.</summary>
    public static ManagedDesktops Load(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = Limits.ReportDepth });
            return new ManagedDesktops(path, [.. document.RootElement.GetProperty("desktops").EnumerateArray().Select(static name => name.GetString()).OfType<string>().Take(Most)]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return new ManagedDesktops(path, []);
        }
    }

    /// <summary>Adds a name, if it is not there.</summary>
    public void Add(string name)
    {
        if (!_names.Contains(name, StringComparer.OrdinalIgnoreCase) && _names.Count < Most)
        {
            _names.Add(name);
            Save();
        }
    }

    /// <summary>Removes a name.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string name)
    {
        var removed = _names.RemoveAll(kept => string.Equals(kept, name, StringComparison.OrdinalIgnoreCase)) > 0;
        if (removed)
        {
            Save();
        }

        return removed;
    }

    private void Save()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        var fresh = _path + ".new";
        using (var stream = File.Create(fresh))
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("desktops");
            foreach (var name in _names)
            {
                writer.WriteStringValue(name);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        File.Move(fresh, _path, overwrite: true);
    }
}
