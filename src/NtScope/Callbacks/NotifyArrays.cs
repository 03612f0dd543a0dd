using NtScope.Kernel;
using NtScope.Reports;

namespace NtScope.Callbacks;

/// <summary>
/// The arrays of notify routines for processes, threads and images, and of old kernels for the registry: slots of type EX_CALLBACK, each a
/// pointer with a count in its low bits at an EX_CALLBACK_ROUTINE_BLOCK (rundown reference, routine, context).
/// </summary>
internal static class NotifyArrays
{
    /// <summary>Slots since Vista; before there were eight for processes, threads and images.</summary>
    private const int Slots = 64;
    private const int OldSlots = 8;
    private const int RegistrySlots = 100;

    /// <summary>Adds all registered routines.</summary>
    public static void Collect(CallbackCollector collector)
    {
        var slots = collector.Context.Kernel.Version is { Major: < 6 } ? OldSlots : Slots;
        Read(collector, CallbackKinds.Process, "PspCreateProcessNotifyRoutine", "PsSetCreateProcessNotifyRoutine", slots, ProcessForm);
        Read(collector, CallbackKinds.Thread, "PspCreateThreadNotifyRoutine", "PsSetCreateThreadNotifyRoutine", slots, ThreadForm);
        Read(collector, CallbackKinds.Image, "PspLoadImageNotifyRoutine", "PsSetLoadImageNotifyRoutine", slots, static _ => null);
        if (collector.Context.Kernel.Version is { Major: < 6 })
        {
            Read(collector, CallbackKinds.Registry, "CmpCallBackVector", "CmRegisterCallback", RegistrySlots, static _ => null);
        }
    }

    private static void Read(CallbackCollector collector, string kind, string symbol, string export, int slots, Func<ulong, string?> form)
    {
        var context = collector.Context;
        if (KernelVariable.Find(context, symbol, export, address => IsArray(context, address, slots), address => IsFilled(context, address, slots)) is not { } array)
        {
            context.Note(CallbackCollector.NotFound(kind, symbol));
            return;
        }

        for (var slot = 0; slot < slots; slot++)
        {
            if (!context.Memory.TryReadPointer(array + (uint)slot * context.PointerSize, out var stored, out var fault))
            {
                collector.Add(kind, slot, null, null, [new Finding(FindingKinds.Unreadable, $"The slot cannot be read: {fault}")]);
                continue;
            }

            var block = new VirtualAddress(stored.Value & context.FastReferenceMask);
            if (block.IsZero)
            {
                continue;
            }

            if (!context.Memory.TryReadPointer(block + context.PointerSize, out var routine, out fault)
                || !context.Memory.TryReadPointer(block + 2 * context.PointerSize, out var flags, out fault))
            {
                collector.Add(kind, slot, null, null, [new Finding(FindingKinds.Unreadable, $"The routine's block cannot be read: {fault}")]);
                continue;
            }

            collector.Add(kind, slot, routine, form(flags.Value));
        }
    }

    private static string? ProcessForm(ulong flags) => flags switch
    {
        0 => "PsSetCreateProcessNotifyRoutine",
        2 => "PsSetCreateProcessNotifyRoutineEx",
        6 => "PsSetCreateProcessNotifyRoutineEx2",
        _ => null,
    };

    private static string? ThreadForm(ulong flags) => flags switch
    {
        0 => "PsSetCreateThreadNotifyRoutine",
        1 => "PsSetCreateThreadNotifyRoutineEx (non-system)",
        2 => "PsSetCreateThreadNotifyRoutineEx (subsystems)",
        _ => null,
    };

    // A slot that is taken leads to a block of pool whose second word is a routine of the kernel's half.
    private static bool IsFilled(KernelContext context, VirtualAddress array, int slots)
    {
        var taken = Enumerable.Range(0, slots)
            .Select(slot => context.ReadPointer(array + (uint)slot * context.PointerSize) ?? default)
            .Where(stored => !stored.IsZero).ToList();
        return taken.Count > 0 && taken.TrueForAll(stored =>
            !context.Kernel.Contains(stored)
            && context.ReadPointer(new VirtualAddress(stored.Value & context.FastReferenceMask) + context.PointerSize) is { } routine && routine.Value >= LowestKernelAddress(context));
    }

    private static ulong LowestKernelAddress(KernelContext context) => context.PointerSize == sizeof(ulong) ? 0xFFFF_8000_0000_0000 : 0x8000_0000UL;

    /// <summary>An array of slots holds nothing but zeros and pointers into the kernel's half of memory.</summary>
    private static bool IsArray(KernelContext context, VirtualAddress address, int slots)
    {
        var lowest = LowestKernelAddress(context);
        for (var slot = 0; slot < slots; slot++)
        {
            if (context.ReadPointer(address + (uint)slot * context.PointerSize) is not { } stored || (!stored.IsZero && stored.Value < lowest))
            {
                return false;
            }
        }

        return true;
    }
}
