using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Exceptions;

/// <summary>EXCEPTION_RECORD, CONTEXT and DISPATCHER_CONTEXT (winnt.h, x64) below the stack pointer of the code that failed.</summary>
internal sealed class ExceptionScratch
{
    private const ulong RecordBytes = 0xA0;
    private const ulong ContextBytes = 0x4D0;
    private const ulong DispatcherBytes = 0x60;
    private const ulong ContextGeneral = 0x78;
    private const ulong ContextRip = 0xF8;
    private const ulong ContextVector = 0x1A0;
    private readonly GuestMemory _memory;

    /// <summary>Writes record and context.</summary>
    public ExceptionScratch(LabKernel kernel, UnwindContext context, NtStatus code, ulong[] parameters)
    {
        _memory = kernel.Memory;
        var top = (context.Rsp - 0x100) & ~0xFUL;
        Record = top - RecordBytes;
        Context = Record - ContextBytes;
        Dispatcher = Context - DispatcherBytes;
        Start = Dispatcher - 0x40;
        if (kernel.Memory.Find(Start) is null || kernel.Memory.Find(context.Rsp) is null)
        {
            throw kernel.BugCheck(BugCheckCode.UnexpectedKernelModeTrap, [8, context.Rsp, 0, 0], "the kernel stack is used up", context.Rip);
        }

        _memory.Clear(Start, (int)(top - Start));
        _memory.WriteUInt32(Record, (uint)code);
        _memory.WriteUInt64(Record + 0x10, context.Rip);
        _memory.WriteUInt32(Record + 0x18, (uint)parameters.Length);
        for (var i = 0; i < parameters.Length; i++)
        {
            _memory.WriteUInt64(Record + 0x20 + ((ulong)i * 8), parameters[i]);
        }

        _memory.WriteUInt32(Context + 0x30, 0x10_000B);
        _memory.WriteUInt32(Context + 0x44, (uint)context.Flags);
        for (var i = 0; i < 16; i++)
        {
            _memory.WriteUInt64(Context + ContextGeneral + ((ulong)i * 8), context.General[i]);
            _memory.WriteUInt64(Context + ContextVector + ((ulong)i * 16), (ulong)context.Vector[i]);
            _memory.WriteUInt64(Context + ContextVector + 8 + ((ulong)i * 16), (ulong)(context.Vector[i] >> 64));
        }

        _memory.WriteUInt64(Context + ContextRip, context.Rip);
    }

    /// <summary>The stack pointer below everything.</summary>
    public ulong Start { get; }

    /// <summary>The EXCEPTION_RECORD.</summary>
    public ulong Record { get; }

    /// <summary>The CONTEXT.</summary>
    public ulong Context { get; }

    /// <summary>The DISPATCHER_CONTEXT, with room for EXCEPTION_POINTERS behind it.</summary>
    public ulong Dispatcher { get; }

    /// <summary>Sets the flags of the record.</summary>
    public void SetFlags(uint flags) => _memory.WriteUInt32(Record + 4, flags);

    /// <summary>Describes a frame to its handler.</summary>
    public void SetDispatcher(ulong controlPc, FrameHandler frame, ulong target)
    {
        ReadOnlySpan<ulong> fields =
            [controlPc, frame.ImageBase, frame.FunctionEntry, frame.Establisher, target, Context, frame.Handler, frame.HandlerData, 0, 0];
        for (var i = 0; i < fields.Length; i++)
        {
            _memory.WriteUInt64(Dispatcher + ((ulong)i * 8), fields[i]);
        }
    }

    /// <summary>Takes over what a filter that continues has changed.</summary>
    public void ReadContext(UnwindContext context)
    {
        for (var i = 0; i < 16; i++)
        {
            context.General[i] = _memory.ReadUInt64(Context + ContextGeneral + ((ulong)i * 8));
        }

        context.Rip = _memory.ReadUInt64(Context + ContextRip);
    }
}
