// A stranger to the code under test: plants window stations and desktops, watches the input desktop, draws the captions that the overview
// must show, and lists the tree with the same calls as ntscope, as the yardstick of its speed. Built without a C runtime of its own.
#define UNICODE
#include <windows.h>
#include <tlhelp32.h>
#include <sddl.h>
#include <wtsapi32.h>
#include <winternl.h>
#include <stdio.h>

static double milliseconds(void)
{
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    return (((unsigned long long)now.dwHighDateTime << 32 | now.dwLowDateTime) - 116444736000000000ull) / 10000.0;
}

static volatile int is_shown;

static DWORD WINAPI show_window(void *desktop)
{
    SetThreadDesktop(desktop);
    CreateWindowW(L"STATIC", L"planted window", WS_OVERLAPPEDWINDOW | WS_VISIBLE, 50, 50, 300, 200, 0, 0, 0, 0);
    is_shown = 1;
    MSG message;
    while (GetMessageW(&message, 0, 0, 0) > 0)
        DispatchMessageW(&message);
    return 0;
}

// plant STATION DESKTOP: a window station with a desktop and a window on it.
static int plant(wchar_t **arguments)
{
    HWINSTA station = CreateWindowStationW(arguments[0], 0, WINSTA_ALL_ACCESS, 0);
    if (!station || !SetProcessWindowStation(station))
        return printf("station: error %lu\n", GetLastError()), 1;
    HDESK desktop = CreateDesktopW(arguments[1], 0, 0, 0, GENERIC_ALL, 0);
    if (!desktop)
        return printf("desktop: error %lu\n", GetLastError()), 1;
    HANDLE thread = CreateThread(0, 0, show_window, desktop, 0, 0);
    while (!is_shown)
        Sleep(10);
    printf("planted\n");
    fflush(stdout);
    WaitForSingleObject(thread, INFINITE);
    return 0;
}

// hold DESKTOP [SDDL]: a desktop with a window on it and, when the window is there, a security descriptor.
static int hold(wchar_t **arguments)
{
    HDESK desktop = CreateDesktopW(arguments[0], 0, 0, 0, GENERIC_ALL, 0);
    PSECURITY_DESCRIPTOR descriptor;
    if (!desktop)
        return printf("desktop: error %lu\n", GetLastError()), 1;
    HANDLE thread = CreateThread(0, 0, show_window, desktop, 0, 0);
    if (arguments[1])
    {
        while (!is_shown)
            Sleep(10);
        if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(arguments[1], SDDL_REVISION_1, &descriptor, 0)
            || !SetKernelObjectSecurity(desktop, DACL_SECURITY_INFORMATION, descriptor))
            return printf("descriptor: error %lu\n", GetLastError()), 1;
    }
    printf("planted\n");
    fflush(stdout);
    WaitForSingleObject(thread, INFINITE);
    return 0;
}

// hotkey CHARACTER: takes Alt and a key on the desktop it is started on.
static int hotkey(wchar_t **arguments)
{
    MSG message;
    PeekMessageW(&message, 0, 0, 0, PM_NOREMOVE);
    if (!RegisterHotKey(0, 1, MOD_ALT, arguments[0][0]))
        return printf("hotkey: error %lu\n", GetLastError()), 1;
    printf("planted\n");
    fflush(stdout);
    Sleep(INFINITE);
    return 0;
}

// stay: lives on its desktop, so that Wine makes its shell and does not close it again.
static int stay(wchar_t **unused)
{
    GetDesktopWindow();
    Sleep(INFINITE);
    return 0;
}

// open DESKTOP: the error of opening it; 0 if it is there.
static int open_desktop(wchar_t **arguments)
{
    HDESK desktop = OpenDesktopW(arguments[0], 0, FALSE, DESKTOP_READOBJECTS);
    printf("%lu\n", desktop ? 0 : GetLastError());
    return 0;
}

// input: the name of the input desktop.
static int input(wchar_t **unused)
{
    wchar_t name[256] = L"";
    DWORD length;
    GetUserObjectInformationW(OpenInputDesktop(0, FALSE, DESKTOP_READOBJECTS), UOI_NAME, name, sizeof name, &length);
    printf("%ls\n", name);
    return 0;
}

// watch SECONDS: a line "milliseconds name" each time the input desktop changes.
static int watch(wchar_t **arguments)
{
    wchar_t last[256] = L"", name[256];
    double end = milliseconds() + 1000.0 * _wtoi(arguments[0]);
    while (milliseconds() < end)
    {
        HDESK input = OpenInputDesktop(0, FALSE, DESKTOP_READOBJECTS);
        DWORD length;
        if (input && GetUserObjectInformationW(input, UOI_NAME, name, sizeof name, &length) && lstrcmpW(name, last))
        {
            printf("%.1f %ls\n", milliseconds(), name);
            fflush(stdout);
            lstrcpyW(last, name);
        }
        CloseDesktop(input);
        Sleep(1);
    }
    return 0;
}

// caption TEXT FILE: the text as the overview writes it; the file holds width and height (four bytes each) and the pixels.
static int caption(wchar_t **arguments)
{
    RECT area = {0, 0, 400, 28};
    BITMAPINFO description = {{sizeof(BITMAPINFOHEADER), 400, -28, 1, 32, BI_RGB}};
    DWORD size[2] = {400, 28}, written;
    void *bits;
    HDC context = CreateCompatibleDC(0);
    SelectObject(context, CreateDIBSection(context, &description, DIB_RGB_COLORS, &bits, 0, 0));
    FillRect(context, &area, CreateSolidBrush(0x00201810));
    SelectObject(context, CreateFontW(-20, 0, 0, 0, 400, 0, 0, 0, 1, 0, 0, 0, 0, L"Segoe UI"));
    SetBkMode(context, TRANSPARENT);
    SetTextColor(context, 0x00ffffff);
    DrawTextW(context, arguments[0], -1, &area, DT_CENTER | DT_VCENTER | DT_SINGLELINE | DT_END_ELLIPSIS);
    GdiFlush();
    HANDLE file = CreateFileW(arguments[1], GENERIC_WRITE, 0, 0, CREATE_ALWAYS, 0, 0);
    WriteFile(file, size, sizeof size, &written, 0);
    WriteFile(file, bits, 400 * 28 * 4, &written, 0);
    CloseHandle(file);
    return 0;
}

struct handle
{
    void *object;
    ULONG_PTR process, value;
    ULONG access;
    USHORT trace, type;
    ULONG attributes, reserved;
};

NTSTATUS NTAPI NtOpenDirectoryObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE, void *, ULONG, BOOLEAN, BOOLEAN, ULONG *, ULONG *);

// handles PID: how many handles a process has open: to desktops, to events, to anything else. Wine itself leaves an event open in a process for each
// desktop that it puts the first window on.
static int handles(wchar_t **arguments)
{
    const ULONG length = 16 << 20;
    ULONG_PTR *table = VirtualAlloc(0, length, MEM_COMMIT, PAGE_READWRITE);
    ULONG_PTR process = _wtoi(arguments[0]), desktop = (ULONG_PTR)GetThreadDesktop(GetCurrentThreadId()), event = (ULONG_PTR)CreateEventW(0, 0, 0, 0);
    int desktop_type = -1, event_type = -1, desktops = 0, events = 0, others = 0;
    if (NtQuerySystemInformation(64, table, length, 0) < 0)
        return 1;
    struct handle *entries = (struct handle *)(table + 2);
    for (ULONG_PTR i = 0; i < table[0]; i++)
        if (entries[i].process == GetCurrentProcessId())
        {
            if (entries[i].value == desktop)
                desktop_type = entries[i].type;
            if (entries[i].value == event)
                event_type = entries[i].type;
        }
    for (ULONG_PTR i = 0; i < table[0]; i++)
        if (entries[i].process == process)
        {
            if (entries[i].type == desktop_type)
                desktops++;
            else if (entries[i].type == event_type)
                events++;
            else
                others++;
        }
    printf("%d %d %d\n", desktops, events, others);
    return 0;
}

// kill PID: ends a process as a crash would.
static int kill(wchar_t **arguments)
{
    return !TerminateProcess(OpenProcess(PROCESS_TERMINATE, FALSE, _wtoi(arguments[0])), 0xdead);
}

static BOOL CALLBACK list_child(HWND window, LPARAM unused)
{
    RECT place;
    wchar_t name[256];
    GetClassNameW(window, name, 256);
    GetWindowRect(window, &place);
    printf("%ls %ld %ld %ld %ld %s\n", name, place.left, place.top, place.right, place.bottom, IsWindowVisible(window) ? "visible" : "hidden");
    return TRUE;
}

// tray DESKTOP: where the notification area of a desktop lies, and what is in it.
static int tray(wchar_t **arguments)
{
    SetThreadDesktop(OpenDesktopW(arguments[0], 0, FALSE, GENERIC_ALL));
    HWND bar = FindWindowW(L"Shell_TrayWnd", 0);
    list_child(bar, 0);
    EnumChildWindows(bar, list_child, 0);
    return 0;
}

static int listed;

static void list_process(DWORD id)
{
    static DWORD known[1024];
    static int count;
    wchar_t path[1024], text[4096] = L"";
    DWORD length = 1024;
    FILETIME times[4];
    PROCESS_BASIC_INFORMATION basic;
    char *parameters;
    UNICODE_STRING line;
    SIZE_T read;
    for (int i = 0; i < count; i++)
        if (known[i] == id)
            return;
    if (count < 1024)
        known[count++] = id;
    HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, id);
    if (!process)
        return;
    QueryFullProcessImageNameW(process, 0, path, &length);
    GetProcessTimes(process, times, times + 1, times + 2, times + 3);
    if (NtQueryInformationProcess(process, 0, &basic, sizeof basic, 0) >= 0
        && ReadProcessMemory(process, (char *)basic.PebBaseAddress + 0x20, &parameters, sizeof parameters, &read)
        && ReadProcessMemory(process, parameters + 0x70, &line, sizeof line, &read)
        && line.Length < sizeof text && ReadProcessMemory(process, line.Buffer, text, line.Length, &read))
        printf("      process %lu %ls %ls\n", id, path, text);
    CloseHandle(process);
}

static BOOL CALLBACK list_window(HWND window, LPARAM unused)
{
    wchar_t name[512], title[512];
    DWORD process;
    GetWindowThreadProcessId(window, &process);
    GetClassNameW(window, name, 512);
    InternalGetWindowText(window, title, 512);
    printf("      %p %ls \"%ls\" %lu %lx\n", window, name, title, process, GetWindowLongW(window, GWL_STYLE));
    list_process(process);
    listed++;
    return TRUE;
}

static BOOL CALLBACK list_desktop(wchar_t *name, LPARAM unused)
{
    unsigned char descriptor[4096];
    DWORD length;
    HDESK desktop = OpenDesktopW(name, 0, FALSE, MAXIMUM_ALLOWED);
    printf("    %ls\n", name);
    for (int information = UOI_FLAGS; information <= 6; information++)    // the flags, the name, the type, the user, the heap's size, the input
        GetUserObjectInformationW(desktop, information, descriptor, sizeof descriptor, &length);
    GetKernelObjectSecurity(desktop, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, descriptor, sizeof descriptor, &length);
    EnumDesktopWindows(desktop, list_window, 0);
    CloseDesktop(desktop);
    return TRUE;
}

static BOOL CALLBACK list_station(wchar_t *name, LPARAM unused)
{
    HWINSTA home = GetProcessWindowStation(), station = OpenWindowStationW(name, FALSE, MAXIMUM_ALLOWED);
    printf("  %ls\n", name);
    SetProcessWindowStation(station);
    EnumDesktopsW(station, list_desktop, 0);
    SetProcessWindowStation(home);
    CloseWindowStation(station);
    return TRUE;
}

static void list_sessions(void)
{
    WTS_SESSION_INFOW *sessions;
    DWORD count;
    if (WTSEnumerateSessionsW(0, 0, 1, &sessions, &count))
        for (DWORD i = 0; i < count; i++)
            printf("session %lu %ls\n", sessions[i].SessionId, sessions[i].pWinStationName);
}

static void list_namespace(void)
{
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES attributes;
    HANDLE directory;
    ULONG context = 0;
    UNICODE_STRING entry[128];
    RtlInitUnicodeString(&path, L"\\Sessions\\1\\Windows\\WindowStations");
    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE, 0, 0);
    if (NtOpenDirectoryObject(&directory, 1, &attributes) >= 0)
        while (NtQueryDirectoryObject(directory, entry, sizeof entry, TRUE, !context, &context, 0) >= 0)
            printf("  %ls (%ls)\n", entry[0].Buffer, entry[1].Buffer);
}

static void list_handles(void)
{
    ULONG length = 1 << 20;
    ULONG_PTR *table = VirtualAlloc(0, length, MEM_COMMIT, PAGE_READWRITE), own = (ULONG_PTR)GetThreadDesktop(GetCurrentThreadId());
    struct handle *entries = (struct handle *)(table + 2);
    int type = -1;
    if (NtQuerySystemInformation(64, table, length, 0) < 0)
        return;
    for (ULONG_PTR i = 0; i < table[0]; i++)
        if (entries[i].process == GetCurrentProcessId() && entries[i].value == own)
            type = entries[i].type;
    for (ULONG_PTR i = 0; i < table[0]; i++)
    {
        wchar_t name[256];
        DWORD written;
        HANDLE copy, process;
        if (entries[i].type != type || !(process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, entries[i].process)))
            continue;
        if (DuplicateHandle(process, (HANDLE)entries[i].value, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS))
        {
            if (GetUserObjectInformationW(copy, UOI_NAME, name, sizeof name, &written))
                printf("  %ls held by %lu\n", name, (DWORD)entries[i].process);
            CloseDesktop(copy);
        }
        CloseHandle(process);
    }
}

// list: sessions, stations, desktops, windows, processes, handles, and the windows of every thread: the calls that ntscope makes.
static int list(wchar_t **unused)
{
    list_sessions();
    list_namespace();
    EnumWindowStationsW(list_station, 0);
    list_handles();
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 thread = {sizeof thread};
    for (BOOL more = Thread32First(snapshot, &thread); more; more = Thread32Next(snapshot, &thread))
        EnumThreadWindows(thread.th32ThreadID, list_window, 0);
    printf("%d windows\n", listed);
    return 0;
}

static const struct
{
    const wchar_t *name;
    int (*run)(wchar_t **);
} verbs[] = {
    {L"plant", plant}, {L"hold", hold}, {L"hotkey", hotkey}, {L"stay", stay}, {L"open", open_desktop}, {L"input", input}, {L"watch", watch},
    {L"caption", caption}, {L"handles", handles}, {L"kill", kill}, {L"tray", tray}, {L"list", list},
};

void start(void)
{
    int count;
    wchar_t **arguments = CommandLineToArgvW(GetCommandLineW(), &count);
    for (int i = 0; count > 1 && i < (int)(sizeof verbs / sizeof *verbs); i++)
        if (!lstrcmpW(arguments[1], verbs[i].name))
        {
            int code = verbs[i].run(arguments + 2);
            fflush(stdout);
            ExitProcess(code);
        }
    ExitProcess(2);
}
