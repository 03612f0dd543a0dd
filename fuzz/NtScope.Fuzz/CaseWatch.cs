namespace NtScope.Fuzz;

/// <summary>Ends the process, with the input saved, when a case does not end at all.</summary>
internal static class CaseWatch
{
    /// <summary>Watches a case until the result is disposed.</summary>
    public static Timer Start(string target, int number, byte[] input)
    {
        // Native code may end the process without a word; then these files name and hold the case.
        File.WriteAllText(Path.Combine(Path.GetTempPath(), $"ntscope-fuzz-{target}.current"), $"{number}");
        File.WriteAllBytes(Path.Combine(Path.GetTempPath(), $"ntscope-fuzz-{target}.current.bin"), input);
        return new Timer(
            _ =>
            {
                var path = PathOf(target, number);
                File.WriteAllBytes(path, input);
                Console.WriteLine($"{target} case {number} ({path}): does not end");
                Environment.FailFast(null);
            },
            null,
            FuzzBounds.Hang,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Where a case's input is saved.</summary>
    public static string PathOf(string target, int number) => Path.Combine(Path.GetTempPath(), $"ntscope-fuzz-{target}-{number}.bin");
}
