using System.Text;
using NtScope.Debugging;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Machine;
using NtScope.Targets;

namespace NtScope.Fuzz;

/// <summary>Command lines of the debugger shell over a lab machine. They read no file and write none: those commands are passed over.</summary>
internal sealed class DebuggerFuzzTarget : IFuzzTarget, IDisposable
{
    private const int MostCharacters = 1 << 20;
    private const int SmallText = 1 << 14;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly string[] FileCommands = [".writemem", ".logopen", ".logappend", "$$>", ".foreach /f", "/f "];
    private static readonly string[] ExtensionLines =
    [
        "!process 0 0", "!process -1 7", "!process 4 3", "!thread -1 6", @"!object \Device", "!object poi(nt!PsInitialSystemProcess)", "!drvobj Beep 7", "!devobj KeyboardClass0",
        "!pte nt!KiServiceTable", "!vtop 0 nt!KiServiceTable", "!idt -a", "!ssdt Nt*File", "!callbacks", "!handle 0 3 4", "!desktops", ".process /p /r poi(nt!PsInitialSystemProcess)",
    ];

    private readonly Lazy<Target> _target = new(Open);

    public string Name => "debugger";

    public IReadOnlyList<byte[]> Seeds { get; } =
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "commands.txt")).Concat(ExtensionLines).Where(line => line.Length > 0).Select(Encoding.Latin1.GetBytes)];

    public void Dispose()
    {
        if (_target.IsValueCreated) _target.Value.Dispose();
    }

    public void Read(byte[] input)
    {
        var line = Encoding.Latin1.GetString(input);
        if (FileCommands.Any(command => line.Contains(command, StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }

        // What takes long is stopped as Ctrl+C stops it; a command that does not stop is a failure.
        using var stop = new CancellationTokenSource(Patience);
        using var session = new DebuggerSession(_target.Value);
        _ = Completion.Of(session, line);
        try
        {
            foreach (var result in session.Run(line, stop.Token))
            {
                var writer = new CountingWriter(MostCharacters, stop);
                result.Write(writer, stop.Token);
                if (writer.Count < SmallText && !stop.IsCancellationRequested && result.Table is { } table)
                {
                    for (var row = 0; row < table.RowCount; row++) table.CellAt(row, 0);
                }
            }
        }
        catch (DebuggerException refused)
        {
            throw new InputException(Name, refused.Message, refused);
        }
        catch (OperationCanceledException)
        {
            // Stopped, which is right.
        }
    }

    private static Target Open()
    {
        var path = Path.Combine(Path.GetTempPath(), $"ntscope-fuzz-{Environment.ProcessId}.dmp");
        var kernel = KnowledgeBase.Embedded.FindKernel(new FileVersion(10, 0, 18362, 476))!;
        using (var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = kernel, KernelBase = new VirtualAddress(0xfffff804_1381a000), MemorySize = 96ul << 20, Processors = 1 }))
        {
            CaptureWriter.Write(machine, CaptureFormat.Dump, path);
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(path);
        return TargetOpener.Open(path, new TargetOptions());
    }
}
