using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NtScope.Windows.Interop;

/// <summary>user32.dll: window stations, desktops, windows (winuser.h).</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class User32
{
    private const string Library = "user32.dll";

    [LibraryImport(Library, EntryPoint = "OpenWindowStationW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    public static partial StationHandle OpenWindowStation(string name, [MarshalAs(UnmanagedType.Bool)] bool inherit, uint access);

    [LibraryImport(Library, EntryPoint = "CreateWindowStationW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    public static partial StationHandle CreateWindowStation(string? name, uint flags, uint access, nint securityAttributes);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool CloseWindowStation(nint station);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint GetProcessWindowStation();

    [LibraryImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool SetProcessWindowStation(nint station);

    [LibraryImport(Library, EntryPoint = "EnumWindowStationsW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool EnumWindowStations(delegate* unmanaged<char*, nint, int> callback, nint context);

    [LibraryImport(Library, EntryPoint = "EnumDesktopsW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool EnumDesktops(nint station, delegate* unmanaged<char*, nint, int> callback, nint context);

    [LibraryImport(Library, EntryPoint = "OpenDesktopW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    public static partial DesktopHandle OpenDesktop(string name, uint flags, [MarshalAs(UnmanagedType.Bool)] bool inherit, uint access);

    [LibraryImport(Library, SetLastError = true)]
    public static partial DesktopHandle OpenInputDesktop(uint flags, [MarshalAs(UnmanagedType.Bool)] bool inherit, uint access);

    [LibraryImport(Library, EntryPoint = "CreateDesktopW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    public static partial DesktopHandle CreateDesktop(string name, nint device, nint mode, uint flags, uint access, nint securityAttributes);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool CloseDesktop(nint desktop);

    [LibraryImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool SwitchDesktop(DesktopHandle desktop);

    [LibraryImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool SetThreadDesktop(nint desktop);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint GetThreadDesktop(uint thread);

    [LibraryImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool EnumDesktopWindows(DesktopHandle desktop, delegate* unmanaged<nint, nint, int> callback, nint context);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool EnumThreadWindows(uint thread, delegate* unmanaged<nint, nint, int> callback, nint context);

    [LibraryImport(Library, EntryPoint = "GetUserObjectInformationW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetUserObjectInformation(nint handle, int index, byte* buffer, uint length, out uint needed);

    [LibraryImport(Library)]
    public static partial uint GetWindowThreadProcessId(nint window, out uint process);

    [LibraryImport(Library, EntryPoint = "GetClassNameW")]
    public static partial int GetClassName(nint window, char* buffer, int length);

    [LibraryImport(Library)]
    public static partial int InternalGetWindowText(nint window, char* buffer, int length);

    [LibraryImport(Library, EntryPoint = "GetWindowLongW")]
    public static partial int GetWindowLong(nint window, int index);

    [LibraryImport(Library, EntryPoint = "PostMessageW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool PostMessage(nint window, uint message, nint wordParameter, nint longParameter);

    [LibraryImport(Library, EntryPoint = "PostThreadMessageW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool PostThreadMessage(uint thread, uint message, nint wordParameter, nint longParameter);

    [LibraryImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool RegisterHotKey(nint window, int id, uint modifiers, uint virtualKey);

    [LibraryImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool UnregisterHotKey(nint window, int id);

    [LibraryImport(Library, EntryPoint = "RegisterClassExW", SetLastError = true)]
    public static partial ushort RegisterClass(in WindowClass description);

    [LibraryImport(Library, EntryPoint = "CreateWindowExW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    public static partial nint CreateWindow(
        uint extendedStyle, string className, string? title, uint style, int x, int y, int width, int height, nint parent, nint menu, nint module, nint parameter);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool DestroyWindow(nint window);

    [LibraryImport(Library, EntryPoint = "DefWindowProcW")]
    public static partial nint DefaultWindowProcedure(nint window, uint message, nint wordParameter, nint longParameter);

    [LibraryImport(Library, EntryPoint = "GetMessageW", SetLastError = true)]
    public static partial int GetMessage(out WindowMessage message, nint window, uint first, uint last);

    [LibraryImport(Library, EntryPoint = "PeekMessageW")]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool PeekMessage(out WindowMessage message, nint window, uint first, uint last, uint remove);

    [LibraryImport(Library, EntryPoint = "DispatchMessageW")]
    public static partial nint DispatchMessage(in WindowMessage message);

    [LibraryImport(Library)]
    public static partial void PostQuitMessage(int code);

    [LibraryImport(Library, EntryPoint = "RegisterWindowMessageW", StringMarshalling = StringMarshalling.Utf16)]
    public static partial uint RegisterWindowMessage(string name);

    [LibraryImport(Library, EntryPoint = "FindWindowW", StringMarshalling = StringMarshalling.Utf16)]
    public static partial nint FindWindow(string? className, string? title);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool SetForegroundWindow(nint window);

    [LibraryImport(Library)]
    public static partial nint SetFocus(nint window);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool ShowWindow(nint window, int command);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool InvalidateRect(nint window, nint rectangle, [MarshalAs(UnmanagedType.Bool)] bool erase);

    [LibraryImport(Library)]
    public static partial nint BeginPaint(nint window, out PaintInformation paint);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool EndPaint(nint window, in PaintInformation paint);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetWindowRect(nint window, out Rectangle rectangle);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetClientRect(nint window, out Rectangle rectangle);

    [LibraryImport(Library)]
    public static partial int GetSystemMetrics(int index);

    [LibraryImport(Library)]
    public static partial nint GetWindowDC(nint window);

    [LibraryImport(Library)]
    public static partial nint GetDC(nint window);

    [LibraryImport(Library)]
    public static partial int ReleaseDC(nint window, nint context);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool PrintWindow(nint window, nint context, uint flags);

    [LibraryImport(Library)]
    public static partial nint SetTimer(nint window, nint id, uint milliseconds, nint procedure);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool KillTimer(nint window, nint id);

    [LibraryImport(Library)]
    public static partial int FillRect(nint context, in Rectangle rectangle, nint brush);

    [LibraryImport(Library, EntryPoint = "DrawTextW", StringMarshalling = StringMarshalling.Utf16)]
    public static partial int DrawText(nint context, string text, int length, ref Rectangle rectangle, uint format);

    [LibraryImport(Library)]
    public static partial nint CreatePopupMenu();

    [LibraryImport(Library, EntryPoint = "AppendMenuW", StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool AppendMenu(nint menu, uint flags, nint id, string? text);

    [LibraryImport(Library)]
    public static partial int TrackPopupMenuEx(nint menu, uint flags, int x, int y, nint window, nint parameters);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool DestroyMenu(nint menu);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetCursorPos(out Point point);

    [LibraryImport(Library, EntryPoint = "LoadIconW")]
    public static partial nint LoadIcon(nint module, nint name);

    [LibraryImport(Library, EntryPoint = "LoadCursorW")]
    public static partial nint LoadCursor(nint module, nint name);

    [LibraryImport(Library)]
    public static partial uint WaitForInputIdle(nint process, uint milliseconds);
}
