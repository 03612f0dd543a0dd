namespace NtScope.Captures.Formats;

/// <summary>
/// VMware: guest memory in a <c>.vmem</c> file or in the state file itself; the regions and processors in the state file (<c>.vmsn</c>,
/// <c>.vmss</c>). The file of memory has no signature, so the state file is looked for beside it and told by its own.
/// </summary>
internal static class VMwareFormat
{
    private const int PageShift = 12;

    public static bool HasSignature(ReadOnlySpan<byte> start) => VMwareState.HasSignature(start);

    /// <summary>A state file was named: memory is in it, or in the <c>.vmem</c> beside it.</summary>
    public static CaptureLayout ReadSnapshot(CaptureMedium state, string? path)
    {
        var read = VMwareState.Read(state);
        if (read.MemoryInside is { } inside)
        {
            return Layout(read, inside.Offset, inside.Length, companion: null);
        }

        if (Sibling(path, ".vmem") is not { } memoryPath)
        {
            throw new InputException(state.Name, "this VMware state file holds no memory: put the .vmem file of the same name beside it");
        }

        var memory = FileMedium.Open(memoryPath);
        try
        {
            return Layout(read, 0, memory.Length, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Memory without a signature was named: it is VMware's if a state file lies beside it, the newest of several. One that cannot be read leaves
    /// the memory as it is and is said.
    /// </summary>
    public static CaptureLayout? TryReadBeside(CaptureMedium memory, string? path)
    {
        var problems = new List<string>();
        var states = StatesBeside(path);
        foreach (var statePath in states)
        {
            try
            {
                using var state = FileMedium.Open(statePath);
                var layout = Layout(VMwareState.Read(state), 0, memory.Length, companion: null);
                if (states.Count > 1)
                {
                    problems.Add($"Several state files lie beside the memory; {Path.GetFileName(statePath)} was used, which was written last.");
                }

                return layout with { Problems = problems };
            }
            catch (InputException problem)
            {
                problems.Add($"The state file beside the memory was left out: {problem.Message}.");
            }
        }

        return problems.Count == 0 ? null : RawFormat.Read(memory) with { Problems = problems };
    }

    private static List<string> StatesBeside(string? path)
    {
        var states = new List<string>();
        foreach (var extension in (ReadOnlySpan<string>)[".vmss", ".vmsn"])
        {
            if (Sibling(path, extension) is { } state && StartsAsState(state))
            {
                states.Add(state);
            }
        }

        states.Sort((left, right) => File.GetLastWriteTimeUtc(right).CompareTo(File.GetLastWriteTimeUtc(left)));
        return states;
    }

    private static bool StartsAsState(string path)
    {
        Span<byte> start = stackalloc byte[8];
        try
        {
            using var state = FileMedium.Open(path);
            return state.Read(0, start) == start.Length && HasSignature(start);
        }
        catch (InputException)
        {
            return false;
        }
    }

    private static CaptureLayout Layout(VMwareState state, long memoryOffset, long memoryLength, CaptureMedium? companion)
    {
        IReadOnlyList<FileRun> runs = state.Regions.Count == 0
            ? [new FileRun(0, (ulong)memoryLength, memoryOffset)]
            : [.. state.Regions.Select(region => new FileRun(
                (ulong)region.PhysicalPage << PageShift,
                (ulong)region.Pages << PageShift,
                memoryOffset + ((long)region.FilePage << PageShift)))];
        return new CaptureLayout(
            CaptureFormat.VMware,
            "VMware memory with its state file",
            runs,
            new CaptureHeader { ProcessorCount = state.Processors.Count == 0 ? null : (uint)state.Processors.Count, Processors = state.Processors },
            [],
            companion);
    }

    private static string? Sibling(string? path, string extension)
    {
        if (path is null)
        {
            return null;
        }

        var sibling = Path.ChangeExtension(path, extension);
        return sibling != path && File.Exists(sibling) ? sibling : null;
    }
}
