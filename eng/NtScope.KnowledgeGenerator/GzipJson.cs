using System.IO.Compression;
using System.Text.Json;

namespace NtScope.KnowledgeGenerator;

/// <summary>Reads gzip-compressed JSON.</summary>
internal static class GzipJson
{
    /// <summary>Reads a document.</summary>
    public static JsonDocument Read(string path)
    {
        using var file = File.OpenRead(path);
        using var unpacked = new GZipStream(file, CompressionMode.Decompress);
        return JsonDocument.Parse(unpacked);
    }

    /// <summary>Reads the lines of a text file.</summary>
    public static IEnumerable<string> ReadLines(string path)
    {
        using var file = File.OpenRead(path);
        using var unpacked = new GZipStream(file, CompressionMode.Decompress);
        using var reader = new StreamReader(unpacked);
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }
}
