// DebuggerOracle DUMP COMMANDS LOG: opens DUMP in Microsoft's debugger engine, runs each line of the file COMMANDS and writes what the
// engine prints to the file LOG, each command's output under a line "@@@ command".
using System.ComponentModel;
using System.Runtime.InteropServices;

internal static unsafe class DebuggerOracle
{
    private const uint OutputToAllClients = 1;
    private const uint EchoNothing = 2;
    private const uint WaitMilliseconds = 120_000;

    // Slots of the COM tables IDebugClient and IDebugControl, as dbgeng.h declares them.
    private const int QueryInterface = 0;
    private const int OpenDumpFile = 19;
    private const int OpenLogFile = 8;
    private const int CloseLogFile = 9;
    private const int ExecuteLine = 66;
    private const int WaitForEvent = 93;

    private static int Main(string[] arguments)
    {
        if (arguments.Length != 3)
        {
            Console.Error.WriteLine("usage: DebuggerOracle DUMP COMMANDS LOG");
            return 2;
        }

        var clientId = new Guid("27fe5639-8407-4f47-8364-ee118fb08ac8");
        var controlId = new Guid("5182e668-105e-416e-ad92-24ef800424ba");
        void* client;
        void* control;
        Require(DebugCreate(&clientId, &client), "DebugCreate");
        Require(((delegate* unmanaged<void*, Guid*, void**, int>)Slot(client, QueryInterface))(client, &controlId, &control), "QueryInterface");
        Require(((delegate* unmanaged<void*, byte*, int, int>)Slot(control, OpenLogFile))(control, Ansi(arguments[2]), 0), "OpenLogFile");
        Require(((delegate* unmanaged<void*, byte*, int>)Slot(client, OpenDumpFile))(client, Ansi(arguments[0])), "OpenDumpFile");
        Require(((delegate* unmanaged<void*, uint, uint, int>)Slot(control, WaitForEvent))(control, 0, WaitMilliseconds), "WaitForEvent");

        foreach (var line in File.ReadLines(arguments[1]))
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                Run(control, ".echo @@@ " + line.Replace(";", ",", StringComparison.Ordinal).Replace('"', '\''));
                Run(control, line);
            }
        }

        return ((delegate* unmanaged<void*, int>)Slot(control, CloseLogFile))(control) < 0 ? 1 : 0;
    }

    [DllImport("dbgeng.dll"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    private static extern int DebugCreate(Guid* interfaceId, void** instance);

    private static void* Slot(void* instance, int index) => (*(void***)instance)[index];

    private static void Run(void* control, string command) =>
        ((delegate* unmanaged<void*, uint, byte*, uint, int>)Slot(control, ExecuteLine))(control, OutputToAllClients, Ansi(command), EchoNothing);

    // Lives until the process ends, which is soon.
    private static byte* Ansi(string text) => (byte*)Marshal.StringToHGlobalAnsi(text);

    private static void Require(int result, string call)
    {
        if (result < 0)
        {
            throw new Win32Exception(result, $"{call} failed with 0x{result:X8}");
        }
    }
}
