using Xunit;

namespace NtScope.Testing;

/// <summary>Finds the facts and the corpus that lie outside the project. A test that needs them skips visibly where they are missing.</summary>
public static class Facts
{
    /// <summary>The path of a fact (<c>kernel-services.jsonl.gz</c>); skips the running test if there is none.</summary>
    public static string PathOf(string relativePath) => Find("NTSCOPE_FACTS", "facts", relativePath);

    /// <summary>The text that the project was made from; skips the running test if it is not here.</summary>
    public static string FoundingText() =>
        File.ReadAllText(Directory.GetFiles(Find("NTSCOPE_SEEDS", "seeds", "."), "*.txt").FirstOrDefault() ?? throw new FileNotFoundException("the folder of seeds holds no text"));

    /// <summary>The bytes of a corpus image (<c>10.0.18362.175-x64/ntdll.dll</c>), unpacked; skips the running test if there is none.</summary>
    public static byte[] CorpusImage(string relativePath)
    {
        using var packed = File.OpenRead(Find("NTSCOPE_CORPUS", "corpus", relativePath + ".gz"));
        using var unpacked = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>The project's root: the nearest folder upwards that holds the solution.</summary>
    public static string ProjectRoot { get; } = FindRoot();

    private static string Find(string variable, string folder, string relativePath)
    {
        var root = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(root))
        {
            root = Path.Combine(ProjectRoot, "..", "shared", folder);
        }

        var path = Path.GetFullPath(Path.Combine(root, relativePath));
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path), $"{relativePath} is not here: set {variable} to the folder that holds it");
        return path;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "NtScope.slnx")))
            {
                return folder.FullName;
            }
        }

        return AppContext.BaseDirectory;
    }
}
