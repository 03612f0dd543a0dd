using System.Runtime.Versioning;
using NtScope.Desktops;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Desktops;

/// <summary>Reads processes: name, image, command line, start.</summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class ProcessTable
{
    private const uint QueryLimitedInformation = 0x1000;
    private const uint SnapshotProcesses = 2;
    private const uint SnapshotThreads = 4;
    private const int CommandLineInformation = 60;
    private const int PathLength = 1024;
    private const int CommandLineBytes = 0x10010;

    private Dictionary<uint, string>? _names;

    /// <summary>What is known of a process; only its identifier if it has ended or may not be opened.</summary>
    public DesktopProcess Read(uint pid)
    {
        var name = (_names ??= Names()).GetValueOrDefault(pid);
        using var process = Kernel32.OpenProcess(QueryLimitedInformation, inherit: false, pid);
        if (process.IsInvalid)
        {
            return new DesktopProcess(pid, name);
        }

        var path = ReadPath(process);
        return new DesktopProcess(pid, name ?? FileName(path), path, ReadCommandLine(process), ReadStart(process));
    }

    /// <summary>The threads of the machine.</summary>
    public static IReadOnlyList<uint> ThreadIds()
    {
        var threads = new List<uint>();
        using var snapshot = Kernel32.CreateToolhelp32Snapshot(SnapshotThreads, 0);
        var entry = new ThreadEntry { Size = (uint)sizeof(ThreadEntry) };
        for (var more = !snapshot.IsInvalid && Kernel32.FirstThread(snapshot, ref entry); more; more = Kernel32.NextThread(snapshot, ref entry))
        {
            threads.Add(entry.ThreadId);
        }

        return threads;
    }

    private static Dictionary<uint, string> Names()
    {
        var names = new Dictionary<uint, string>();
        using var snapshot = Kernel32.CreateToolhelp32Snapshot(SnapshotProcesses, 0);
        var entry = new ProcessEntry { Size = (uint)sizeof(ProcessEntry) };
        for (var more = !snapshot.IsInvalid && Kernel32.FirstProcess(snapshot, ref entry); more; more = Kernel32.NextProcess(snapshot, ref entry))
        {
            names[entry.ProcessId] = new ReadOnlySpan<char>(entry.Name, ProcessEntry.NameLength).TrimFromNull();
        }

        return names;
    }

    private static string? ReadPath(KernelHandle process)
    {
        var buffer = stackalloc char[PathLength];
        uint length = PathLength;
        return Kernel32.QueryFullProcessImageName(process, 0, buffer, ref length) ? new string(buffer, 0, (int)length) : null;
    }

    private static string? ReadCommandLine(KernelHandle process)
    {
        var bytes = new byte[CommandLineBytes];
        fixed (byte* buffer = bytes)
        {
            if (Ntdll.NtQueryInformationProcess(process.Value, CommandLineInformation, buffer, CommandLineBytes, out _) < 0)
            {
                return null;
            }

            var text = (UnicodeString*)buffer;
            return text->Buffer is null ? null : new string(text->Buffer, 0, text->Length / sizeof(char));
        }
    }

    private static DateTimeOffset? ReadStart(KernelHandle process) =>
        Kernel32.GetProcessTimes(process, out var created, out _, out _, out _) && created > 0 ? DateTimeOffset.FromFileTime(created) : null;

    private static string? FileName(string? path) => path?[(path.LastIndexOf('\\') + 1)..];
}
