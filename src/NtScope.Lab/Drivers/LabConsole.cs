using System.Globalization;
using System.Net;
using System.Text;
using NtScope.Callbacks;
using NtScope.Kernel.Drivers;
using NtScope.Kernel.Modules;
using NtScope.Kernel.Objects;
using NtScope.Kernel.Processes;
using NtScope.Rendering;
using NtScope.Reports;

namespace NtScope.Lab.Drivers;

/// <summary>Drives a machine by lines of text: what <c>ntscope lab shell</c> reads and what scenarios hold.</summary>
/// <param name="machine">The machine.</param>
/// <param name="output">Where answers go. Text of drivers goes there as it is: escape it before a terminal sees it.</param>
public sealed class LabConsole(LabMachine machine, TextWriter output)
{
    private readonly Dictionary<string, LabDriver> _drivers = new(StringComparer.OrdinalIgnoreCase);
    private readonly SortedDictionary<string, (string Usage, string Help, Action<string[]> Run)> _commands = new(StringComparer.Ordinal);
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

        try
        {
            command.Run(words[1..]);
            return true;
        }
        catch (InputException unusable)
        {
            output.WriteLine(unusable.Message);
            return false;
        }
        catch (Exception exception) when (exception is FormatException or IndexOutOfRangeException or ArgumentException or OverflowException)
        {
            output.WriteLine($"usage: {command.Usage}");
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

        Add("load", "load FILE", "load a driver", words => Load(words[0]));
        Add("unload", "unload NAME", "unload a driver and look for what it left behind", words => Unload(words[0]));
        Add("drivers", "drivers", "list the drivers and their devices", _ => ListDrivers());
        Add("ps", "ps", "list the processes; others name one by number or image", _ => ListProcesses());
        Add("start", "start PATH [COMMAND LINE]", "start a process", Start);
        Add("exit", "exit PROCESS [STATUS]", "let a process end by itself", words => Find(words[0]).Exit((NtStatus)(words.Length > 1 ? Number(words[1]) : 0)));
        Add("kill", "kill PROCESS [BY]", "terminate a process from another one", words => Answer(Find(words[0]).Terminate(words.Length > 1 ? Find(words[1]) : null)));
        Add("thread", "thread PROCESS", "start a thread in a process", words => output.WriteLine($"thread {Find(words[0]).StartThread()}"));
        Add("image", "image PROCESS PATH", "map an image into a process", words => Find(words[0]).LoadImage(words[1]));
        Add("read", "read DEVICE BYTES [OFFSET]", "read from a device", words => WithDevice(words[0], device => device.Read((int)Number(words[1]), words.Length > 2 ? Number(words[2]) : 0)));
        Add("write", "write DEVICE HEX", "write bytes to a device", words => WithDevice(words[0], device => device.Write(Convert.FromHexString(words[1]))));
        Add("ioctl", "ioctl DEVICE CODE [HEX|-] [OUTPUT BYTES]", "send a control code (hexadecimal)", words => WithDevice(words[0], device =>
            device.Control(ControlCode(words[1]), At(words, 2) is "" or "-" ? [] : Convert.FromHexString(words[2]), words.Length > 3 ? (int)Number(words[3]) : 0)));
        Add("put", "put PATH TEXT", "write a file", words => Answer(machine.Files.Write(words[0], Encoding.UTF8.GetBytes(At(words, 1)))));
        Add("get", "get PATH", "read a file", words => Answer(machine.Files.Read(words[0])));
        Add("del", "del PATH [BY]", "delete a file", words => Answer(machine.Files.Delete(words[0], words.Length > 1 ? Find(words[1]) : null)));
        Add("delex", "delex PATH [BY]", "delete a file by FileDispositionInformationEx", words => Answer(machine.Files.DeleteEx(words[0], words.Length > 1 ? Find(words[1]) : null)));
        Add("delclose", "delclose PATH [BY]", "delete a file by FILE_DELETE_ON_CLOSE", words => Answer(machine.Files.DeleteOnClose(words[0], words.Length > 1 ? Find(words[1]) : null)));
        Add("ren", "ren PATH TARGET", "move a file", words => Answer(machine.Files.Rename(words[0], words[1])));
        Add("mkdir", "mkdir PATH", "make a directory", words => Answer(machine.Files.CreateDirectory(words[0])));
        Add("dir", "dir PATH", "list a directory", words => output.WriteLine(string.Join(Environment.NewLine, machine.Files.List(words[0]))));
        Add("key", "key PATH", "make a registry key", words => Answer(machine.Registry.CreateKey(words[0])));
        Add("set", "set PATH NAME TEXT", "set a registry value", words => Answer(machine.Registry.SetValue(words[0], words[1], words[2])));
        Add("query", "query PATH NAME", "read a registry value", words => Answer(new LabIoResult(machine.Registry.ReadValue(words[0], words[1], out var data), (ulong)data.Length, data)));
        Add("connect", "connect PROCESS ADDRESS PORT [udp]", "connect to a remote host", words =>
        {
            using var connection = machine.Network.Connect(Find(words[0]), IPAddress.Parse(words[1]), (int)Number(words[2]), At(words, 3) == "udp");
            Answer(connection);
        });
        Add("accept", "accept PROCESS PORT ADDRESS [udp]", "let a remote host connect to a process", words =>
        {
            using var connection = machine.Network.Accept(Find(words[0]), (int)Number(words[1]), new IPEndPoint(IPAddress.Parse(words[2]), 50000), At(words, 3) == "udp");
            Answer(connection);
        });
        Add("bind", "bind PROCESS PORT [udp]", "give a process a local port", words =>
            output.WriteLine(machine.Network.Bind(Find(words[0]), (int)Number(words[1]), At(words, 2) == "udp") ? "permitted" : "blocked"));
        Add("advance", "advance MILLISECONDS", "let time pass", words => machine.Advance(TimeSpan.FromMilliseconds(Number(words[0]))));
        Add("logoff", "logoff LUID", "end a logon session", words => machine.EndLogonSession(Number(words[0])));
        Add("shutdown", "shutdown", "tell drivers that the system shuts down", _ => machine.Shutdown());
        Add("callbacks", "callbacks", "what is registered with the kernel", _ => Show(target => CallbackAnalyser.Analyse(target)));
        Add("modules", "modules", "the images in the kernel's list", _ => Show(target => ModuleAnalyser.Analyse(target)));
        Add("objects", "objects", "the object namespace", _ => Show(target => ObjectAnalyser.Analyse(target)));
        Add("processes", "processes", "the processes as the kernel's memory holds them", _ => Show(target => ProcessAnalyser.Analyse(target)));
        Add("threads", "threads", "the threads as the kernel's memory holds them", _ => Show(target => ThreadAnalyser.Analyse(target)));
        Add("driverobjects", "driverobjects", "the driver objects as the kernel's memory holds them", _ => Show(target => DriverAnalyser.Analyse(target)));
        Add("findings", "findings", "what drivers have done wrong", _ => PrintFindings(machine.Findings));
        Add("help", "help", "this list", _ => Help());
    }

    private void Show(Func<Target, IReport> analyse)
    {
        using var target = machine.AsTarget();
        using var text = new MemoryStream();
        new TextRenderer().Render(analyse(target), text);
        output.Write(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length).TrimEnd('\n') + Environment.NewLine);
    }

    private void Add(string name, string usage, string help, Action<string[]> run) => _commands.Add(name, (usage, help, run));

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
            output.WriteLine(finding);
            foreach (var frame in finding.Stack)
            {
                output.WriteLine("    " + frame);
            }
        }
    }

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

    private void Start(string[] words)
    {
        var process = machine.StartProcess(words[0], words.Length > 1 ? string.Join(' ', words) : null);
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
