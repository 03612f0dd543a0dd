namespace NtScope.Cli;

/// <summary>What is shown to a user who gave no arguments.</summary>
internal static class WelcomePage
{
    public const string Text = """
        ntscope shows what a Windows kernel holds: its system calls, desktops and callbacks.

          ntscope syscalls 10.0.18362.476        the system calls of a known build
          ntscope syscalls ntoskrnl.exe          of an image: ntoskrnl, win32k.sys, ntdll.dll, win32u.dll, iumdll.dll
          ntscope syscalls C:\Windows\System32   of a folder, joined into one table
          ntscope syscalls find NtCreateFile     its number in every known build
          ntscope syscalls diff A B              what changed between any two of these
          ntscope syscalls verify CAPTURE        whether a machine's tables are what its files say
          ntscope processes CAPTURE              also modules, threads, drivers, objects, callbacks of a dump
          ntscope debug CAPTURE                  a debugger in the manner of WinDbg
          ntscope info FILE                      what a file is and what can be asked of it

        ntscope --help lists every verb, ntscope VERB --help its options.

        """;
}
