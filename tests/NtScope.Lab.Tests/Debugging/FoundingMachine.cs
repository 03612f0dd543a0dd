using NtScope.Debugging;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Machine;
using NtScope.Targets;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Debugging;

/// <summary>The kernel of the founding text where its listing has it, saved as a crash dump and opened as anyone would.</summary>
public sealed class FoundingMachine : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FoundingMachine()
    {
        DumpPath = _folder.File("founding.dmp");
        var kernel = KnowledgeBase.Embedded.FindKernel(new FileVersion(10, 0, 18362, 476))!;
        using (var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = kernel, KernelBase = new VirtualAddress(0xfffff804_1381a000), MemorySize = 96ul << 20, Processors = 1, FirstStub = new VirtualAddress(0x7ffc_c07fc0b0) }))
        {
            CaptureWriter.Write(machine, CaptureFormat.Dump, DumpPath);
        }

        Target = TargetOpener.Open(DumpPath, new TargetOptions());
        Session = new DebuggerSession(Target);
        Process = ProcessTarget.Of(TargetOpener.Open(DumpPath, new TargetOptions()), "notepad.exe");
        ProcessSession = new DebuggerSession(Process);
    }

    public string DumpPath { get; }

    public Target Target { get; }

    public DebuggerSession Session { get; }

    /// <summary>A process of the same machine, as its user sees it.</summary>
    public Target Process { get; }

    public DebuggerSession ProcessSession { get; }

    /// <summary>What a line gives, errors too.</summary>
    public string Run(string line) => Run(Session, line);

    public static string Run(DebuggerSession session, string line)
    {
        var text = new StringWriter { NewLine = "\n" };
        try
        {
            foreach (var result in session.Run(line, CancellationToken.None))
            {
                result.Write(text, CancellationToken.None);
            }
        }
        catch (DebuggerException failure)
        {
            text.Write(failure.Message + "\n");
        }

        return text.ToString();
    }

    public void Dispose()
    {
        Session.Dispose();
        Target.Dispose();
        ProcessSession.Dispose();
        Process.Dispose();
        _folder.Dispose();
    }
}
