using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Targets;
using NtScope.Windows.Desktops;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Processes;

/// <summary>Opens a running process as a target: its memory, the modules of its loader. It runs on; nothing of it is changed.</summary>
[SupportedOSPlatform("windows")]
public static unsafe class LiveProcess
{
    private const uint QueryInformation = 0x400;
    private const uint ReadMemory = 0x10;
    private const int BasicInformation = 0;
    private const int NarrowInformation = 26;
    private const int BasicInformationPointers = 6;

    /// <summary>Opens a process by ID (decimal, or hexadecimal with 0x) or by its image's name, with or without <c>.exe</c>.</summary>
    /// <exception cref="InputException">There is no such process, several have the name, or it may not be read.</exception>
    public static Target Open(string nameOrId)
    {
        var id = Find(nameOrId);
        var name = string.Create(CultureInfo.InvariantCulture, $"process {id}");
        var handle = Kernel32.OpenProcess(QueryInformation | ReadMemory, inherit: false, id);
        if (handle.IsInvalid)
        {
            var error = Marshal.GetLastPInvokeError();
            throw new InputException(name, error == ErrorText.InvalidParameter ? "no running process has this ID" : $"it cannot be opened: {ErrorText.Of(error)}");
        }

        try
        {
            var environment = EnvironmentBlock(handle, name, out var pointerSize);
            return ProcessTarget.Create(name, new LiveProcessMemory(handle, pointerSize), environment, types: null, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static uint Find(string nameOrId)
    {
        if (uint.TryParse(nameOrId, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            || (nameOrId.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && uint.TryParse(nameOrId.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out id)))
        {
            return id;
        }

        var matches = ProcessTable.Names()
            .Where(pair => string.Equals(pair.Value, nameOrId, StringComparison.OrdinalIgnoreCase) || string.Equals(pair.Value, nameOrId + ".exe", StringComparison.OrdinalIgnoreCase))
            .Select(pair => pair.Key)
            .Order()
            .ToList();
        return matches switch
        {
            [var one] => one,
            [] => throw new InputException(nameOrId, "no running process has this name"),
            _ => throw new InputException(nameOrId, $"several processes have this name: name one by its ID ({string.Join(", ", matches)})"),
        };
    }

    // PROCESS_BASIC_INFORMATION.PebBaseAddress is its second pointer; ProcessWow64Information is the 32-bit PEB of a 32-bit process.
    private static VirtualAddress EnvironmentBlock(KernelHandle process, string name, out int pointerSize)
    {
        nint narrow;
        if (sizeof(nint) == sizeof(ulong) && Ntdll.NtQueryInformationProcess(process.Value, NarrowInformation, (byte*)&narrow, (uint)sizeof(nint), out _) >= 0 && narrow != 0)
        {
            pointerSize = sizeof(uint);
            return new VirtualAddress((ulong)narrow);
        }

        pointerSize = sizeof(nint);
        var basic = stackalloc nint[BasicInformationPointers];
        var status = Ntdll.NtQueryInformationProcess(process.Value, BasicInformation, (byte*)basic, (uint)(BasicInformationPointers * sizeof(nint)), out _);
        return status >= 0
            ? new VirtualAddress((ulong)basic[1])
            : throw new InputException(name, string.Create(CultureInfo.InvariantCulture, $"its environment block is not to be found (status {status:x8})"));
    }
}
