using System.Globalization;
using System.Net;
using System.Text;
using NtScope.Callbacks;
using NtScope.Kernel.Drivers;
using NtScope.Kernel.Modules;
using NtScope.Kernel.Objects;
using NtScope.Kernel.Processes;
using NtScope.Lab.Executive.Filters;
using NtScope.Rendering;
using NtScope.Reports;

namespace NtScope.Lab.Drivers;

/// <summary>Drives a machine by lines of text: what <c>ntscope lab shell</c> reads and what scenarios hold.</summary>
/// <param name="machine">The machine.</param>
/// <param name="output">Where answers go. Text of drivers goes there as it is: escape it before a terminal sees it.</param>
public sealed class LabConsole(LabMachine machine, TextWriter output)
{
    private readonly Dictionary<string, LabDriver> _drivers = new(StringComparer.OrdinalIgnoreCase);
    private readonly SortedDictionary<string, (string Usage, string Help, Func<string[], Action> Parse)> _commands = new(StringComparer.Ordinal);
    private readonly HashSet<LabFinding> _printedFindings = new(ReferenceEqualityComparer.Instance);
    private int _printedLines;

    /// <summary>The drivers that were loaded, by file name.</summary>
    public IReadOnlyDictionary<string, LabDriver> Drivers => _drivers;

    /// <summary>Loads a driver and says what its DriverEntry returned.</summary>
    public LabDriver Load(string path)
    {
        var driver = machine.LoadDriver(path);
        PrintDebugOutput();
        _drivers[driver.Name] = driver;
        output.WriteLine($"{driver.Name}: loaded at {driver.Base}, DriverEntry returned {Describe(driver.Status)}");
        if (driver.StartStatus is { } start && (int)start < 0)
        {
            output.WriteLine($"{driver.Name}: its device could not be started: {Describe(start)}");
        }

        if (driver.UnimplementedImports.Count > 0)
        {
            output.WriteLine($"{driver.Name}: not implemented, a call stops the machine: {string.Join(", ", driver.UnimplementedImports)}");
        }

        // A driver whose DriverEntry failed is gone, and with it the occasion to say what it left behind.
        if ((int)driver.Status < 0)
        {
            PrintNewFindings();
        }

        return driver;
    }

    /// <summary>Executes a line.</summary>
    /// <returns>False if the line is no command, or is not complete; the answer says what is wrong.</returns>
    /// <exception cref="MachineStoppedException">A driver stopped the machine.</exception>
    public bool Execute(string line)
    {
        EnsureCommands();
        var words = Split(line);
        if (words.Length == 0 || words[0].StartsWith('#'))
        {
            return true;
        }

        if (!_commands.TryGetValue(words[0], out var command))
        {
            output.WriteLine($"'{words[0]}' is no command; help lists them");
            return false;
        }

        Action action;
        try
        {
            action = command.Parse(words[1..]);
        }
        catch (InputException unusable)
        {
            output.WriteLine(unusable.Message);
            return false;
        }
        catch (Exception exception) when (exception is FormatException or IndexOutOfRangeException or OverflowException)
        {
            output.WriteLine($"usage: {command.Usage}");
            return false;
        }

        try
        {
            action();
            return true;
        }
        catch (InputException unusable)
        {
            output.WriteLine(unusable.Message);
            return false;
        }
        finally
        {
            PrintDebugOutput();
        }
    }

    /// <summary>A status with its name where the lab knows it.</summary>
    public static string Describe(NtStatus status) =>
        Enum.IsDefined(status) ? $"{status} (0x{(uint)status:X8})" : $"0x{(uint)status:X8}";

    private static string[] Split(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var quoted = false;
        var any = false;
        foreach (var character in line)
        {
            if (character == '"')
            {
                quoted = !quoted;
                any = true;
            }
            else if (char.IsWhiteSpace(character) && !quoted)
            {
                if (any)
                {
                    words.Add(word.ToString());
                }

                word.Clear();
                any = false;
            }
            else
            {
                word.Append(character);
                any = true;
            }
        }

        if (any)
        {
            words.Add(word.ToString());
        }

        return [.. words];
    }

    private static uint Number(string text) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? uint.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : uint.Parse(text, CultureInfo.InvariantCulture);

    private static uint ControlCode(string text) =>
        uint.Parse(text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(2) : text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string At(string[] words, int index) => index < words.Length ? words[index] : string.Empty;

    private void EnsureCommands()
    {
        if (_commands.Count > 0)
        {
            return;
        }

        Add("load", "load FILE", "load a driver", words => With(words[0], file => Load(file)));
        Add("unload", "unload NAME", "unload a driver and look for what it left behind", words => With(words[0], Unload));
        Add("drivers", "drivers", "list the drivers and their devices", _ => ListDrivers);
        Add("ps", "ps", "list the processes; others name one by number or image", _ => ListProcesses);
        Add("start", "start PATH [COMMAND LINE]", "start a process", words => With(Text(words[0]), words.Length > 1 ? string.Join(' ', words) : null, Start));
        Add("exit", "exit PROCESS [STATUS]", "let a process end by itself", words => With(Find(words[0]), words.Length > 1 ? Number(words[1]) : 0, (process, status) => process.Exit((NtStatus)status)));
        Add("kill", "kill PROCESS [BY]", "terminate a process from another one", words => With(Find(words[0]), By(words), (process, by) => Answer(process.Terminate(by))));
        Add("thread", "thread PROCESS", "start a thread in a process", words => With(Find(words[0]), process => output.WriteLine($"thread {process.StartThread()}")));
        Add("image", "image PROCESS PATH", "map an image into a process", words => With(Find(words[0]), words[1], (process, path) => process.LoadImage(path)));
        Add("read", "read DEVICE BYTES [OFFSET]", "read from a device", words => With(Size(words[1]), words.Length > 2 ? Number(words[2]) : 0, (bytes, offset) =>
            WithDevice(words[0], device => device.Read(bytes, offset))));
        Add("write", "write DEVICE HEX", "write bytes to a device", words => With(Bytes(words[1]), data => WithDevice(words[0], device => device.Write(data))));
        Add("ioctl", "ioctl DEVICE CODE [HEX|-] [OUTPUT BYTES]", "send a control code (hexadecimal)", words => With(ControlCode(words[1]), Bytes(At(words, 2)), words.Length > 3 ? Size(words[3]) : 0, (code, data, bytes) =>
            WithDevice(words[0], device => device.Control(code, data, bytes))));
        Add("put", "put PATH TEXT", "write a file", words => With(FilePath(words[0]), Encoding.UTF8.GetBytes(At(words, 1)), (path, data) => Answer(machine.Files.Write(path, data))));
        Add("get", "get PATH", "read a file", words => With(FilePath(words[0]), path => Answer(machine.Files.Read(path))));
        Add("del", "del PATH [BY]", "delete a file", words => With(FilePath(words[0]), By(words), (path, by) => Answer(machine.Files.Delete(path, by))));
        Add("delex", "delex PATH [BY]", "delete a file by FileDispositionInformationEx", words => With(FilePath(words[0]), By(words), (path, by) => Answer(machine.Files.DeleteEx(path, by))));
        Add("delclose", "delclose PATH [BY]", "delete a file by FILE_DELETE_ON_CLOSE", words => With(FilePath(words[0]), By(words), (path, by) => Answer(machine.Files.DeleteOnClose(path, by))));
        Add("ren", "ren PATH TARGET", "move a file", words => With(FilePath(words[0]), FilePath(words[1]), (path, target) => Answer(machine.Files.Rename(path, target))));
        Add("mkdir", "mkdir PATH", "make a directory", words => With(FilePath(words[0]), path => Answer(machine.Files.CreateDirectory(path))));
        Add("dir", "dir PATH", "list a directory", words => With(FilePath(words[0]), path => output.WriteLine(string.Join(Environment.NewLine, machine.Files.List(path)))));
        Add("key", "key PATH", "make a registry key", words => With(words[0], path => Answer(machine.Registry.CreateKey(path))));
        Add("set", "set PATH NAME TEXT", "set a registry value", words => With(words[0], words[1], words[2], (path, name, text) => Answer(machine.Registry.SetValue(path, name, text))));
        Add("query", "query PATH NAME", "read a registry value", words => With(words[0], words[1], Query));
        Add("connect", "connect PROCESS ADDRESS PORT [udp]", "connect to a remote host", words => With(Find(words[0]), IPAddress.Parse(words[1]), Port(words[2]), (process, address, port) =>
        {
            using var connection = machine.Network.Connect(process, address, port, At(words, 3) == "udp");
            Answer(connection);
        }));
        Add("accept", "accept PROCESS PORT ADDRESS [udp]", "let a remote host connect to a process", words => With(Find(words[0]), Port(words[1]), IPAddress.Parse(words[2]), (process, port, address) =>
        {
            using var connection = machine.Network.Accept(process, port, new IPEndPoint(address, 50000), At(words, 3) == "udp");
            Answer(connection);
        }));
        Add("bind", "bind PROCESS PORT [udp]", "give a process a local port", words => With(Find(words[0]), Port(words[1]), (process, port) =>
            output.WriteLine(machine.Network.Bind(process, port, At(words, 2) == "udp") ? "permitted" : "blocked")));
        Add("advance", "advance MILLISECONDS", "let time pass", words => With(TimeSpan.FromMilliseconds(Number(words[0])), machine.Advance));
        Add("logoff", "logoff LUID", "end a logon session", words => With(Number(words[0]), id => machine.EndLogonSession(id)));
        Add("shutdown", "shutdown", "tell drivers that the system shuts down", _ => machine.Shutdown);
        Add("callbacks", "callbacks", "what is registered with the kernel", _ => () => Show(target => CallbackAnalyser.Analyse(target)));
        Add("modules", "modules", "the images in the kernel's list", _ => () => Show(target => ModuleAnalyser.Analyse(target)));
        Add("objects", "objects", "the object namespace", _ => () => Show(target => ObjectAnalyser.Analyse(target)));
        Add("processes", "processes", "the processes as the kernel's memory holds them", _ => () => Show(target => ProcessAnalyser.Analyse(target)));
        Add("threads", "threads", "the threads as the kernel's memory holds them", _ => () => Show(target => ThreadAnalyser.Analyse(target)));
        Add("driverobjects", "driverobjects", "the driver objects as the kernel's memory holds them", _ => () => Show(target => DriverAnalyser.Analyse(target)));
        Add("findings", "findings", "what drivers have done wrong", _ => () => PrintFindings(machine.Findings));
        Add("help", "help", "this list", _ => Help);
    }

    // Words become arguments before anything is done with them: only here is a mistake one of the line.
    private static Action With<T>(T argument, Action<T> action) => () => action(argument);

    private static Action With<T1, T2>(T1 first, T2 second, Action<T1, T2> action) => () => action(first, second);

    private static Action With<T1, T2, T3>(T1 first, T2 second, T3 third, Action<T1, T2, T3> action) => () => action(first, second, third);

    private static string Text(string word) => word.Length > 0 ? word : throw new FormatException();

    private static int Size(string text) => Number(text) is var bytes && bytes <= LabLimits.DataBytes
        ? (int)bytes
        : throw new InputException(text, $"a request has at most {LabLimits.DataBytes} bytes");

    private static int Port(string text) => checked((ushort)Number(text));

    private static byte[] Bytes(string text) => text is "" or "-" ? [] : Convert.FromHexString(text);

    private static string FilePath(string path) => FileOperations.ToVolumePath(path) is not null
        ? path
        : throw new InputException(path, "this is no path of volume C:; write it as C:\\name");

    private LabProcess? By(string[] words) => words.Length > 1 ? Find(words[1]) : null;

    private void Query(string path, string name)
    {
        var status = machine.Registry.ReadValue(path, name, out var data);
        Answer(new LabIoResult(status, (ulong)data.Length, data));
    }

    private void Show(Func<Target, IReport> analyse)
    {
        using var target = machine.AsTarget();
        using var text = new MemoryStream();
        new TextRenderer().Render(analyse(target), text);
        output.Write(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length).TrimEnd('\n') + Environment.NewLine);
    }

    private void Add(string name, string usage, string help, Func<string[], Action> parse) => _commands.Add(name, (usage, help, parse));

    private void Help()
    {
        foreach (var (usage, help, _) in _commands.Values)
        {
            output.WriteLine($"  {usage,-42} {help}");
        }
    }

    /// <summary>Unloads a driver and says what was found.</summary>
    public void Unload(string name)
    {
        var driver = _drivers.GetValueOrDefault(name) ?? _drivers.GetValueOrDefault(name + ".sys") ?? throw new InputException(name, "no such driver is loaded; 'drivers' lists them");
        var report = driver.Unload();
        PrintDebugOutput();
        if (report.Status == NtStatus.Success)
        {
            _drivers.Remove(driver.Name);
        }

        output.WriteLine(report.Status == NtStatus.Success ? $"{driver.Name}: unloaded" : $"{driver.Name}: cannot be unloaded, it has no unload routine");
        PrintFindings(report.Findings);
    }

    /// <summary>Writes findings with their stacks.</summary>
    public void PrintFindings(IReadOnlyList<LabFinding> findings)
    {
        foreach (var finding in findings)
        {
            _printedFindings.Add(finding);
            output.WriteLine(finding);
            foreach (var frame in finding.Stack)
            {
                output.WriteLine("    " + frame);
            }
        }
    }

    /// <summary>Writes the findings that have not been written yet.</summary>
    public void PrintNewFindings() => PrintFindings([.. machine.Findings.Where(finding => !_printedFindings.Contains(finding))]);

    /// <summary>Writes what drivers have printed since the last time.</summary>
    public void PrintDebugOutput()
    {
        for (; _printedLines < machine.DebugOutput.Count; _printedLines++)
        {
            output.WriteLine("dbg> " + machine.DebugOutput[_printedLines]);
        }
    }

    private void ListDrivers()
    {
        foreach (var driver in _drivers.Values)
        {
            output.WriteLine($"{driver.Name}  {driver.Base}  {string.Join(", ", driver.Devices)}");
        }
    }

    private void ListProcesses()
    {
        foreach (var process in machine.Processes)
        {
            output.WriteLine($"{process.Id,6} {process.ParentId,6}  {process.Path}");
        }
    }

    private void Start(string path, string? commandLine)
    {
        var process = machine.StartProcess(path, commandLine);
        output.WriteLine(process.IsAlive ? $"process {process.Id}" : $"denied: {Describe(process.ExitStatus)}");
    }

    // By its number or by the name of its image; of several the newest.
    private LabProcess Find(string process)
    {
        var isNumber = uint.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var id);
        return machine.Processes.LastOrDefault(known => isNumber ? known.Id == id : known.Path[(known.Path.LastIndexOf('\\') + 1)..].Equals(process, StringComparison.OrdinalIgnoreCase))
            ?? throw new InputException(process, "there is no such process; 'ps' lists them");
    }

    private void WithDevice(string name, Func<LabDevice, LabIoResult> request)
    {
        using var device = machine.OpenDevice(name);
        Answer(device.OpenStatus == NtStatus.Success ? request(device) : new LabIoResult(device.OpenStatus, 0, []));
    }

    private void Answer(LabConnection connection) => output.WriteLine(connection.IsPermitted ? $"permitted, {connection.Local}" : $"blocked at {connection.BlockedAt}");

    private void Answer(NtStatus status) => output.WriteLine(Describe(status));

    private void Answer(LabIoResult result)
    {
        output.WriteLine($"{Describe(result.Status)}, information {result.Information}");
        for (var at = 0; at < result.Output.Length && at < 256; at += 16)
        {
            var row = result.Output.AsSpan(at, Math.Min(16, result.Output.Length - at));
            var text = new StringBuilder();
            foreach (var value in row)
            {
                text.Append(value is >= 0x20 and < 0x7F ? (char)value : '.');
            }

            output.WriteLine($"  {at:x4}  {Convert.ToHexStringLower(row),-32}  {text}");
        }

        if (result.Output.Length > 256)
        {
            output.WriteLine($"  ... {result.Output.Length - 256} more bytes");
        }
    }
}
