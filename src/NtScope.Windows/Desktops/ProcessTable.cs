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
    private const uint QueryInformation = 0x400;
    private const uint ReadMemory = 0x10;
    private const int BasicInformation = 0;
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
        return new DesktopProcess(pid, name ?? FileName(path), path, ReadCommandLine(process, pid), ReadStart(process));
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

    /// <summary>The names of the processes that run, by their IDs.</summary>
    public static Dictionary<uint, string> Names()
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

    private static string? ReadCommandLine(KernelHandle process, uint pid)
    {
        var bytes = new byte[CommandLineBytes];
        fixed (byte* buffer = bytes)
        {
            // Windows 8.1 and later answer this without a right to read the process's memory.
            if (Ntdll.NtQueryInformationProcess(process.Value, CommandLineInformation, buffer, CommandLineBytes, out _) >= 0)
            {
                var text = (UnicodeString*)buffer;
                return text->Buffer is null ? null : new string(text->Buffer, 0, text->Length / sizeof(char));
            }
        }

        using var readable = Kernel32.OpenProcess(QueryInformation | ReadMemory, inherit: false, pid);
        return readable.IsInvalid ? null : ReadCommandLineOfParameters(readable);
    }

    // PROCESS_BASIC_INFORMATION.PebBaseAddress, PEB.ProcessParameters and RTL_USER_PROCESS_PARAMETERS.CommandLine lie, counted in pointers,
    // at 1, 4 and (in 64 bits) 0x70, (in 32 bits) 0x40.
    private static string? ReadCommandLineOfParameters(KernelHandle process)
    {
        var basic = stackalloc nint[6];
        if (Ntdll.NtQueryInformationProcess(process.Value, BasicInformation, (byte*)basic, (uint)(6 * sizeof(nint)), out _) < 0)
        {
            return null;
        }

        nint parameters;
        UnicodeString line;
        if (!Kernel32.ReadProcessMemory(process, basic[1] + (4 * sizeof(nint)), &parameters, (nuint)sizeof(nint), out _)
            || !Kernel32.ReadProcessMemory(process, parameters + (sizeof(nint) == 8 ? 0x70 : 0x40), &line, (nuint)sizeof(UnicodeString), out _))
        {
            return null;
        }

        var characters = new char[line.Length / sizeof(char)];
        fixed (char* text = characters)
        {
            return Kernel32.ReadProcessMemory(process, (nint)line.Buffer, text, (nuint)(characters.Length * sizeof(char)), out _) ? new string(characters) : null;
        }
    }

    private static DateTimeOffset? ReadStart(KernelHandle process) =>
        Kernel32.GetProcessTimes(process, out var created, out _, out _, out _) ? FileTime.Parse((ulong)created) : null;

    private static string? FileName(string? path) => path?[(path.LastIndexOf('\\') + 1)..];
}
