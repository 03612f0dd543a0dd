using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NtScope.Lab.Cpu;

/// <summary>The C interface of Unicorn 2 (unicorn.h). Registers and hooks are named as there.</summary>
internal static unsafe partial class UnicornLibrary
{
    internal const int ArchitectureX86 = 4;
    internal const int Mode64 = 1 << 3;

    internal const int HookInterrupt = 1 << 0;
    internal const int HookCode = 1 << 2;
    internal const int HookBlock = 1 << 3;
    internal const int HookMemoryInvalid = 0x3F << 4;
    internal const int HookMemoryRead = 1 << 10;
    internal const int HookMemoryWrite = 1 << 11;

    internal const int MemoryWrite = 17;
    internal const int MemoryFetchUnmapped = 21;
    internal const int MemoryWriteUnmapped = 20;
    internal const int MemoryWriteProtected = 22;
    internal const int MemoryFetchProtected = 24;

    internal const int ErrorInvalidInstruction = 10;

    private const string Name = "unicorn";

    // Debian's package brings the versioned file only; a development package or a local build brings the plain name.
    private static readonly string[] FileNames = OperatingSystem.IsWindows()
        ? ["unicorn.dll", "unicorn-2.dll"]
        : OperatingSystem.IsMacOS()
            ? ["libunicorn.2.dylib", "libunicorn.dylib", "/opt/homebrew/lib/libunicorn.2.dylib", "/usr/local/lib/libunicorn.2.dylib"]
            : ["libunicorn.so.2", "libunicorn.so"];

    static UnicornLibrary() => NativeLibrary.SetDllImportResolver(typeof(UnicornLibrary).Assembly, Resolve);

    /// <summary>Fails with what to install when the library is not there or too old.</summary>
    internal static void EnsureAvailable()
    {
        uint version;
        try
        {
            version = uc_version(out _, out _);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            throw new CpuUnavailableException(InstallHint(), exception);
        }

        if (version >> 24 != 2)
        {
            throw new CpuUnavailableException($"the lab needs Unicorn 2 and found version {version >> 24}; {InstallHint()}");
        }
    }

    private static string InstallHint()
    {
        var command = OperatingSystem.IsWindows() ? "put unicorn.dll of the Unicorn 2 release beside ntscope.exe"
            : OperatingSystem.IsMacOS() ? "run: brew install unicorn"
            : "run: apt-get install libunicorn2 (Debian, Ubuntu) or: dnf install unicorn (Fedora)";
        return $"the lab needs the CPU emulator Unicorn 2, looked for as {string.Join(", ", FileNames)}; {command}";
    }

    private static nint Resolve(string name, System.Reflection.Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Name)
        {
            return 0;
        }

        foreach (var file in FileNames)
        {
            if (NativeLibrary.TryLoad(file, assembly, path, out var handle))
            {
                return handle;
            }
        }

        return 0;
    }

    [LibraryImport(Name)]
    internal static partial uint uc_version(out uint major, out uint minor);

    [LibraryImport(Name)]
    internal static partial int uc_open(int architecture, int mode, out nint engine);

    [LibraryImport(Name)]
    internal static partial int uc_close(nint engine);

    [LibraryImport(Name)]
    internal static partial int uc_mem_map_ptr(nint engine, ulong address, nuint size, uint permissions, nint host);

    [LibraryImport(Name)]
    internal static partial int uc_mem_unmap(nint engine, ulong address, nuint size);

    [LibraryImport(Name)]
    internal static partial int uc_mem_protect(nint engine, ulong address, nuint size, uint permissions);

    // UC_CTL_WRITE(UC_CTL_TB_FLUSH, 0). The C function is variadic; this control takes nothing more.
    internal const uint ControlFlushTranslations = 10 | (1 << 30);

    [LibraryImport(Name)]
    internal static partial int uc_ctl(nint engine, uint control);

    [LibraryImport(Name)]
    internal static partial int uc_emu_start(nint engine, ulong begin, ulong until, ulong timeout, nuint count);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial int uc_emu_stop(nint engine);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial int uc_reg_read(nint engine, int register, void* value);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial int uc_reg_write(nint engine, int register, void* value);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial int uc_reg_read_batch(nint engine, int* registers, void** values, int count);

    // The C function is variadic for hooks on single instructions only; none is used here.
    [LibraryImport(Name)]
    internal static partial int uc_hook_add(nint engine, out nint hook, int type, void* callback, nint user, ulong begin, ulong end);

    [LibraryImport(Name)]
    internal static partial int uc_context_alloc(nint engine, out nint context);

    [LibraryImport(Name)]
    internal static partial int uc_context_save(nint engine, nint context);

    [LibraryImport(Name)]
    internal static partial int uc_context_restore(nint engine, nint context);

    [LibraryImport(Name)]
    internal static partial int uc_context_free(nint context);

    [LibraryImport(Name)]
    internal static partial nint uc_strerror(int code);

    /// <summary>Turns an error of the emulator into an exception: each means that the lab itself asked for something impossible.</summary>
    internal static void Check(int code, [CallerArgumentExpression(nameof(code))] string call = "")
    {
        if (code != 0)
        {
            throw new InvalidOperationException($"Unicorn: {Marshal.PtrToStringUTF8(uc_strerror(code))} in {call}");
        }
    }
}
