using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NtScope.Windows.Interop;

/// <summary>kernel32.dll: processes, handles, snapshots.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class Kernel32
{
    private const string Library = "kernel32.dll";

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool CloseHandle(nint handle);

    [LibraryImport(Library)]
    public static partial uint GetCurrentThreadId();

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool ProcessIdToSessionId(uint process, out uint session);

    [LibraryImport(Library, SetLastError = true)]
    public static partial KernelHandle OpenProcess(uint access, [MarshalAs(UnmanagedType.Bool)] bool inherit, uint process);

    [LibraryImport(Library)]
    public static partial nint GetCurrentProcess();

    [LibraryImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool DuplicateHandle(
        nint sourceProcess, nint source, nint targetProcess, out nint target, uint access, [MarshalAs(UnmanagedType.Bool)] bool inherit, uint options);

    [LibraryImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool TerminateProcess(KernelHandle process, uint code);

    [LibraryImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool ReadProcessMemory(KernelHandle process, nint address, void* buffer, nuint length, out nuint read);

    [LibraryImport(Library)]
    public static partial uint ResumeThread(nint thread);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetExitCodeProcess(KernelHandle process, out uint code);

    [LibraryImport(Library)]
    public static partial uint WaitForSingleObject(KernelHandle handle, uint milliseconds);

    [LibraryImport(Library, EntryPoint = "QueryFullProcessImageNameW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool QueryFullProcessImageName(KernelHandle process, uint flags, char* buffer, ref uint length);

    [LibraryImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetProcessTimes(KernelHandle process, out long created, out long exited, out long kernel, out long user);

    [LibraryImport(Library, EntryPoint = "CreateProcessW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool CreateProcess(
        string? application,
        char* commandLine,
        nint processAttributes,
        nint threadAttributes,
        [MarshalAs(UnmanagedType.Bool)] bool inheritHandles,
        uint flags,
        nint environment,
        string? folder,
        in StartupInformation startup,
        out ProcessInformation process);

    [LibraryImport(Library, SetLastError = true)]
    public static partial KernelHandle CreateToolhelp32Snapshot(uint flags, uint process);

    [LibraryImport(Library, EntryPoint = "Process32FirstW")]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool FirstProcess(KernelHandle snapshot, ref ProcessEntry entry);

    [LibraryImport(Library, EntryPoint = "Process32NextW")]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool NextProcess(KernelHandle snapshot, ref ProcessEntry entry);

    [LibraryImport(Library, EntryPoint = "Thread32First")]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool FirstThread(KernelHandle snapshot, ref ThreadEntry entry);

    [LibraryImport(Library, EntryPoint = "Thread32Next")]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool NextThread(KernelHandle snapshot, ref ThreadEntry entry);

    [LibraryImport(Library, EntryPoint = "GetModuleHandleW", StringMarshalling = StringMarshalling.Utf16)]
    public static partial nint GetModuleHandle(string? name);

    [LibraryImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetProcessHandleCount(nint process, out uint count);
}
