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

    /// <summary>Memory without a signature was named: it is VMware's if a state file lies beside it.</summary>
    public static CaptureLayout? TryReadBeside(CaptureMedium memory, string? path)
    {
        Span<byte> start = stackalloc byte[8];
        foreach (var extension in (ReadOnlySpan<string>)[".vmss", ".vmsn"])
        {
            if (Sibling(path, extension) is not { } statePath)
            {
                continue;
            }

            using var state = FileMedium.Open(statePath);
            if (state.Read(0, start) == start.Length && HasSignature(start))
            {
                return Layout(VMwareState.Read(state), 0, memory.Length, companion: null);
            }
        }

        return null;
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
