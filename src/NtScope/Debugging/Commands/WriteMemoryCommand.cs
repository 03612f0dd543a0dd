using System.Globalization;

namespace NtScope.Debugging.Commands;

/// <summary><c>.writemem</c>: memory into a file.</summary>
public sealed class WriteMemoryCommand : IDebuggerCommand
{
    private const int ChunkBytes = 1 << 16;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = [".writemem"];

    /// <inheritdoc/>
    public string Usage => ".writemem file range";

    /// <inheritdoc/>
    public string Help => "Writes a range of memory to a file. A byte that cannot be read ends it; the file then holds what came before.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var path = arguments.TakeWord().Trim('"');
        if (path.Length == 0 || arguments.AtEnd)
        {
            throw new DebuggerException(".writemem needs a file name and a range");
        }

        var range = arguments.TakeRange(VirtualAddress.Zero, 1, 1);
        arguments.RequireEnd();
        try
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
            var written = Copy(session.Memory, range, file, out var fault, cancellation);
            var text = string.Create(CultureInfo.InvariantCulture, $"Writing {range.Count:x} bytes.\n");
            return written == range.Count
                ? new TextResult(text)
                : throw new DebuggerException(text + $"Unable to read memory at {session.Format(range.Start + written)}, file is incomplete: {fault}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new DebuggerException($"Unable to write {path}: {failure.Message}");
        }
    }

    private static ulong Copy(IMemory memory, AddressRange range, Stream file, out ReadFault fault, CancellationToken cancellation)
    {
        var buffer = new byte[ChunkBytes];
        fault = default;
        for (ulong done = 0; done < range.Count;)
        {
            cancellation.ThrowIfCancellationRequested();
            var wanted = (int)Math.Min(range.Count - done, ChunkBytes);
            var read = memory.Read(range.Start + done, buffer.AsSpan(0, wanted), out fault);
            file.Write(buffer, 0, read);
            done += (ulong)read;
            if (read < wanted)
            {
                return done;
            }
        }

        return range.Count;
    }
}
