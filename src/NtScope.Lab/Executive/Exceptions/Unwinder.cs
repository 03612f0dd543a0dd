using NtScope.Lab.Cpu;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Modules;

namespace NtScope.Lab.Executive.Exceptions;

/// <summary>Walks frames of x64 code by the unwind data of its image (UNWIND_INFO, ehdata.h).</summary>
internal sealed class Unwinder(GuestMemory memory, DriverList drivers)
{
    private const int MaximumChain = 32;
    private const int FlagChained = 4;

    private enum Code
    {
        PushNonvolatile,
        AllocateLarge,
        AllocateSmall,
        SetFrameRegister,
        SaveNonvolatile,
        SaveNonvolatileFar,
        Epilog,
        SpareCode,
        SaveVector,
        SaveVectorFar,
        PushMachineFrame,
    }

    /// <summary>Turns the registers of a frame into those of its caller.</summary>
    /// <exception cref="GuestFaultException">The stack or the unwind data cannot be read.</exception>
    public FrameHandler Step(UnwindContext context)
    {
        var image = drivers.At(context.Rip);
        if (image?.Image.RuntimeFunctions.Find((uint)(context.Rip - image.Base)) is not { } function)
        {
            var leaf = context.Rsp;
            Return(context);
            return new FrameHandler(leaf, 0, 0, 0, image?.Base ?? 0, 0);
        }

        var offset = (uint)(context.Rip - image.Base) - function.Begin;
        var info = image.Base + function.UnwindData;
        var establisher = EstablisherOf(context, info, offset);
        FrameHandler result = default;
        for (var chain = 0; ; chain++)
        {
            if (chain == MaximumChain)
            {
                throw new GuestFaultException(info, MemoryAccess.Read);
            }

            var flags = memory.ReadByte(info) >> 3;
            var count = memory.ReadByte(info + 2);
            var machineFrame = Undo(context, info, count, chain == 0 ? offset : uint.MaxValue);
            var tail = info + 4 + (((ulong)count + 1) / 2 * 4);
            if ((flags & FlagChained) != 0)
            {
                info = image.Base + memory.ReadUInt32(tail + 8);
                continue;
            }

            var inBody = chain > 0 || offset >= memory.ReadByte(info + 1);
            if ((flags & 3) != 0 && inBody)
            {
                result = new FrameHandler(
                    establisher, image.Base + memory.ReadUInt32(tail), tail + 4, FunctionEntryOf(image, function.Begin), image.Base, flags & 3);
            }
            else
            {
                result = new FrameHandler(establisher, 0, 0, FunctionEntryOf(image, function.Begin), image.Base, 0);
            }

            if (!machineFrame)
            {
                Return(context);
            }

            return result;
        }
    }

    private static ulong FunctionEntryOf(LoadedDriver image, uint begin) => image.Base + image.RuntimeFunctionRva(begin);

    private void Return(UnwindContext context)
    {
        context.Rip = memory.ReadUInt64(context.Rsp);
        context.Rsp += 8;
    }

    private ulong EstablisherOf(UnwindContext context, ulong info, uint offset)
    {
        var frame = memory.ReadByte(info + 3);
        if ((frame & 0xF) == 0)
        {
            return context.Rsp;
        }

        // Inside the prologue the frame register may not be set yet.
        var count = memory.ReadByte(info + 2);
        var isSet = offset >= memory.ReadByte(info + 1);
        for (var i = 0UL; !isSet && i < count; i++)
        {
            var code = memory.ReadUInt16(info + 4 + (i * 2));
            isSet = ((code >> 8) & 0xF) == (int)Code.SetFrameRegister && offset >= (code & 0xFF);
        }

        return isSet ? context.General[frame & 0xF] - ((ulong)(frame >> 4) * 16) : context.Rsp;
    }

    private bool Undo(UnwindContext context, ulong info, int count, uint offset)
    {
        var codes = info + 4;
        for (var i = 0; i < count;)
        {
            var slot = memory.ReadUInt16(codes + ((ulong)i * 2));
            var operation = (Code)((slot >> 8) & 0xF);
            var detail = slot >> 12;
            var slots = SlotsOf(operation, detail);
            var isDone = offset >= (slot & 0xFF);
            ulong Far() => memory.ReadUInt32(codes + ((ulong)(i + 1) * 2));
            ulong Near() => memory.ReadUInt16(codes + ((ulong)(i + 1) * 2));
            if (isDone)
            {
                switch (operation)
                {
                    case Code.PushNonvolatile:
                        context.General[detail] = memory.ReadUInt64(context.Rsp);
                        context.Rsp += 8;
                        break;
                    case Code.AllocateLarge:
                        context.Rsp += detail == 0 ? Near() * 8 : Far();
                        break;
                    case Code.AllocateSmall:
                        context.Rsp += ((ulong)detail * 8) + 8;
                        break;
                    case Code.SetFrameRegister:
                        var frame = memory.ReadByte(info + 3);
                        context.Rsp = context.General[frame & 0xF] - ((ulong)(frame >> 4) * 16);
                        break;
                    case Code.SaveNonvolatile:
                        context.General[detail] = memory.ReadUInt64(context.Rsp + (Near() * 8));
                        break;
                    case Code.SaveNonvolatileFar:
                        context.General[detail] = memory.ReadUInt64(context.Rsp + Far());
                        break;
                    case Code.SaveVector:
                        context.Vector[detail] = ReadVector(context.Rsp + (Near() * 16));
                        break;
                    case Code.SaveVectorFar:
                        context.Vector[detail] = ReadVector(context.Rsp + Far());
                        break;
                    case Code.PushMachineFrame:
                        var at = context.Rsp + (detail == 1 ? 8UL : 0);
                        context.Rip = memory.ReadUInt64(at);
                        context.Rsp = memory.ReadUInt64(at + 24);
                        return true;
                }
            }

            i += slots;
        }

        return false;
    }

    private UInt128 ReadVector(ulong address) => new(memory.ReadUInt64(address + 8), memory.ReadUInt64(address));

    private static int SlotsOf(Code operation, int detail) => operation switch
    {
        Code.AllocateLarge => detail == 0 ? 2 : 3,
        Code.SaveNonvolatile or Code.SaveVector or Code.Epilog => 2,
        Code.SaveNonvolatileFar or Code.SaveVectorFar or Code.SpareCode => 3,
        _ => 1,
    };
}
