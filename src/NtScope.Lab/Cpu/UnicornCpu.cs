using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using static NtScope.Lab.Cpu.UnicornLibrary;

namespace NtScope.Lab.Cpu;

/// <summary>An x64 processor over Unicorn 2.</summary>
internal sealed unsafe class UnicornCpu : ICpu
{
    private static readonly int[] Numbers = CreateNumbers();
    private readonly nint _engine;
    private GCHandle _self;
    private int _interrupt = -1;
    private bool _faulted;
    private CpuStopKind _stopKind;
    private bool _stopRequested;
    private ulong _stopRip;
    private ulong _stopDetail;
    private MemoryAccess _faultAccess;
    private Exception? _failure;
    private bool _disposed;

    /// <summary>Opens the emulator and installs its hooks.</summary>
    /// <exception cref="CpuUnavailableException">The library is not installed.</exception>
    public UnicornCpu()
    {
        EnsureAvailable();
        Check(uc_open(ArchitectureX86, Mode64, out _engine));
        _self = GCHandle.Alloc(this, GCHandleType.Weak);
        delegate* unmanaged<nint, uint, nint, void> onInterrupt = &OnInterrupt;
        delegate* unmanaged<nint, int, ulong, int, long, nint, byte> onInvalid = &OnInvalidMemory;
        delegate* unmanaged<nint, ulong, uint, nint, void> onBlock = &OnBlock;
        AddHook(HookInterrupt, onInterrupt, 1, 0);
        AddHook(HookMemoryInvalid, onInvalid, 1, 0);
        AddHook(HookBlock, onBlock, 1, 0);
    }

    /// <inheritdoc/>
    public ICpuObserver? Observer { get; set; }

    /// <inheritdoc/>
    public void Map(ulong address, ulong size, nint host, MemoryAccess access) =>
        Check(uc_mem_map_ptr(_engine, address, (nuint)size, (uint)access, host));

    /// <inheritdoc/>
    public void Unmap(ulong address, ulong size) => Check(uc_mem_unmap(_engine, address, (nuint)size));

    /// <inheritdoc/>
    public void Protect(ulong address, ulong size, MemoryAccess access) =>
        Check(uc_mem_protect(_engine, address, (nuint)size, (uint)access));

    /// <inheritdoc/>
    public void FlushTranslations() => Check(uc_ctl(_engine, ControlFlushTranslations));

    /// <inheritdoc/>
    public void Watch(ulong start, ulong end)
    {
        delegate* unmanaged<nint, int, ulong, int, long, nint, void> onAccess = &OnAccess;
        AddHook(HookMemoryRead | HookMemoryWrite, onAccess, start, end == 0 ? end : end - 1);
    }

    /// <inheritdoc/>
    public void TraceInstructions()
    {
        delegate* unmanaged<nint, ulong, uint, nint, void> onCode = &OnCode;
        AddHook(HookCode, onCode, 1, 0);
    }

    /// <inheritdoc/>
    public ulong Read(Register register)
    {
        ulong value = 0;
        Check(uc_reg_read(_engine, Numbers[(int)register], &value));
        return value;
    }

    /// <inheritdoc/>
    public void Write(Register register, ulong value) => Check(uc_reg_write(_engine, Numbers[(int)register], &value));

    /// <inheritdoc/>
    public UInt128 ReadVector(int number)
    {
        UInt128 value = 0;
        Check(uc_reg_read(_engine, FirstVector + number, &value));
        return value;
    }

    /// <inheritdoc/>
    public void WriteVector(int number, UInt128 value) => Check(uc_reg_write(_engine, FirstVector + number, &value));

    /// <inheritdoc/>
    public CallRegisters ReadCall()
    {
        var registers = stackalloc int[] { 38, 40, 106, 107, 44 };
        var values = stackalloc ulong[5];
        var pointers = stackalloc void*[5];
        for (var i = 0; i < 5; i++)
        {
            pointers[i] = values + i;
        }

        Check(uc_reg_read_batch(_engine, registers, pointers, 5));
        return new CallRegisters(values[0], values[1], values[2], values[3], values[4]);
    }

    /// <inheritdoc/>
    public CpuStop Run(ulong address)
    {
        _interrupt = -1;
        _faulted = false;
        _stopRequested = false;
        var error = uc_emu_start(_engine, address, Until, 0, 0);
        if (_failure is { } failure)
        {
            _failure = null;
            ExceptionDispatchInfo.Throw(failure);
        }

        if (_stopRequested)
        {
            return new CpuStop(_stopKind, _stopRip, _stopDetail);
        }

        if (_faulted)
        {
            return new CpuStop(CpuStopKind.MemoryFault, _stopRip, _stopDetail, _faultAccess);
        }

        var rip = Read(Register.Rip);
        if (_interrupt >= 0)
        {
            return new CpuStop(CpuStopKind.Interrupt, rip, (ulong)_interrupt);
        }

        if (error == ErrorInvalidInstruction)
        {
            return new CpuStop(CpuStopKind.InvalidInstruction, rip);
        }

        // The emulator ends without an error where it is told to end, which is no place of a driver: a jump there is a jump to nowhere.
        // A fetch where nothing is mapped may also end it without asking the hook.
        return error == 0 && rip != Until ? new CpuStop(CpuStopKind.Halt, rip) : new CpuStop(CpuStopKind.MemoryFault, rip, rip, MemoryAccess.Execute);
    }

    /// <inheritdoc/>
    public nint CreateContext()
    {
        Check(uc_context_alloc(_engine, out var context));
        return context;
    }

    /// <inheritdoc/>
    public void SaveContext(nint context) => Check(uc_context_save(_engine, context));

    /// <inheritdoc/>
    public void RestoreContext(nint context) => Check(uc_context_restore(_engine, context));

    /// <inheritdoc/>
    public void DestroyContext(nint context) => Check(uc_context_free(context));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Check(uc_close(_engine));
            _self.Free();
        }
    }

    private const int FirstVector = 122;

    // Where the emulator ends. With an address that has code it would drop that code's translation each time.
    private const ulong Until = 0;

    private static int[] CreateNumbers()
    {
        // uc_x86_reg: RAX 35, RBP, RBX, RCX, RDI, RDX, RIP 41, RIZ, RSI, RSP; R8 106 to R15 113; EFLAGS 25; GS_BASE 251.
        var numbers = new int[(int)Register.GsBase + 1];
        int[] general = [35, 38, 40, 37, 44, 36, 43, 39, 106, 107, 108, 109, 110, 111, 112, 113];
        general.CopyTo(numbers, 0);
        numbers[(int)Register.Rip] = 41;
        numbers[(int)Register.Flags] = 25;
        numbers[(int)Register.GsBase] = 251;
        return numbers;
    }

    private void AddHook(int type, void* callback, ulong begin, ulong end) =>
        Check(uc_hook_add(_engine, out _, type, callback, GCHandle.ToIntPtr(_self), begin, end));

    private static UnicornCpu From(nint user) => Unsafe.As<UnicornCpu>(GCHandle.FromIntPtr(user).Target!);

    [UnmanagedCallersOnly]
    private static void OnInterrupt(nint engine, uint vector, nint user)
    {
        var cpu = From(user);

        // The emulator may report a further fault before it stops; the first one is the cause.
        if (cpu._interrupt < 0)
        {
            cpu._interrupt = (int)vector;
        }

        _ = uc_emu_stop(engine);
    }

    [UnmanagedCallersOnly]
    private static byte OnInvalidMemory(nint engine, int type, ulong address, int size, long value, nint user)
    {
        var cpu = From(user);
        cpu._faulted = true;
        cpu._stopRip = cpu.Read(Register.Rip);
        cpu._stopDetail = address;
        cpu._faultAccess = type switch
        {
            MemoryWriteUnmapped or MemoryWriteProtected => MemoryAccess.Write,
            MemoryFetchUnmapped or MemoryFetchProtected => MemoryAccess.Execute,
            _ => MemoryAccess.Read,
        };
        return 0;
    }

    [UnmanagedCallersOnly]
    private static void OnAccess(nint engine, int type, ulong address, int size, long value, nint user)
    {
        var cpu = From(user);
        try
        {
            if (!cpu._stopRequested && cpu.Observer is { } observer && !observer.OnAccess(address, size, type == MemoryWrite))
            {
                cpu.Stop(CpuStopKind.Watched, address);
            }
        }
        catch (Exception exception)
        {
            cpu.Fail(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void OnCode(nint engine, ulong address, uint size, nint user)
    {
        var cpu = From(user);
        try
        {
            if (!cpu._stopRequested && cpu.Observer is { } observer && observer.OnInstruction(address) is var next && next != 0)
            {
                cpu.Stop(CpuStopKind.Redirected, next);
            }
        }
        catch (Exception exception)
        {
            cpu.Fail(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void OnBlock(nint engine, ulong address, uint size, nint user)
    {
        var cpu = From(user);
        try
        {
            if (cpu.Observer is { } observer && !observer.OnBlock(address))
            {
                cpu.Stop(CpuStopKind.Block, address);
            }
        }
        catch (Exception exception)
        {
            cpu.Fail(exception);
        }
    }

    // An exception cannot pass through the emulator's frames: it is thrown once the emulator has stopped.
    private void Fail(Exception exception)
    {
        _failure ??= exception;
        _ = uc_emu_stop(_engine);
    }

    // Reading RIP makes the emulator write back what translated code keeps in host registers.
    private void Stop(CpuStopKind kind, ulong detail)
    {
        _stopRequested = true;
        _stopKind = kind;
        _stopRip = Read(Register.Rip);
        _stopDetail = detail;
        _ = uc_emu_stop(_engine);
    }
}
