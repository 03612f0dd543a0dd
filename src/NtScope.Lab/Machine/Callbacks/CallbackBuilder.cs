using System.Buffers.Binary;
using System.Text;
using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Modules;
using NtScope.Lab.Machine.Objects;

namespace NtScope.Lab.Machine.Callbacks;

/// <summary>
/// Registers routines with the kernel. The arrays and records are those that debuggers and published readers know: <c>EX_CALLBACK_ROUTINE_BLOCK</c>,
/// the registry's and the object manager's callback entries, and the records of the driver kit.
/// </summary>
internal sealed class CallbackBuilder(MachineContext context, ObjectManager objects)
{
    private const uint ArraySlots = 64;
    private const uint CallbackVectorSlots = 100;
    private const int ObjectItemPointers = 8;
    private const uint CreateAndDuplicate = 3;

    private readonly List<LabCallback> _registered = [];
    private readonly uint _pointer = context.PointerSize;

    /// <summary>What was registered, in order.</summary>
    public IReadOnlyList<LabCallback> Registered => _registered;

    /// <summary>Registers a process, thread or image notify routine.</summary>
    /// <param name="kind">Which; before Vista also <c>registry</c>.</param>
    /// <param name="routine">The routine.</param>
    /// <param name="form">How it was registered, as the block of a process or thread routine holds it.</param>
    /// <returns>False if all slots are taken.</returns>
    public bool AddNotify(string kind, VirtualAddress routine, uint form = 0)
    {
        var slots = SlotsOf(kind, out var count, out var counter);
        var slot = Array.FindIndex(slots, address => context.ReadPointer(address).IsZero);
        if (slot < 0)
        {
            return false;
        }

        var block = context.PagedPool.Allocate(3 * (int)_pointer, PoolTag.Of("Cbrb"));
        context.System.WritePointer(block, new VirtualAddress(0x20));
        context.System.WritePointer(block + _pointer, routine);
        context.System.WritePointer(block + 2 * _pointer, new VirtualAddress(form));
        context.System.WritePointer(slots[slot], new VirtualAddress(block.Value | context.FastReferences));
        context.System.WriteUInt32(counter, count + 1);
        _registered.Add(new LabCallback(kind, routine));
        return true;
    }

    /// <summary>Takes a process, thread or image notify routine out.</summary>
    public void RemoveNotify(string kind, VirtualAddress routine)
    {
        foreach (var slot in SlotsOf(kind, out var count, out var counter))
        {
            var block = new VirtualAddress(context.ReadPointer(slot).Value & ~context.FastReferences);
            if (!block.IsZero && context.ReadPointer(block + _pointer) == routine)
            {
                context.System.WritePointer(slot, default);
                context.System.WriteUInt32(counter, count - 1);
                context.PagedPool.Free(block);
                _registered.Remove(new LabCallback(kind, routine));
                return;
            }
        }
    }

    /// <summary>Registers a registry callback.</summary>
    /// <param name="routine">The routine.</param>
    /// <param name="altitude">Where it stands among others.</param>
    /// <param name="cookieValue">What it is unregistered by; null for one that the time gives.</param>
    /// <param name="callContext">What the routine is handed.</param>
    /// <returns>Its entry; zero where the kernel has an array of them.</returns>
    public VirtualAddress AddRegistry(VirtualAddress routine, string altitude, ulong? cookieValue = null, ulong callContext = 0)
    {
        if (context.Version.Major < 6)
        {
            AddNotify("registry", routine);
            return default;
        }

        // The cookie stands on a multiple of eight bytes; context, routine, altitude and a list follow it.
        var head = context.Kernel.AddressOf("CallbackListHead", 16);
        var cookie = _pointer == sizeof(ulong) ? 0x18u : 0x10u;
        var entry = context.PagedPool.Allocate((int)(cookie + 8 + 6 * _pointer), PoolTag.Of("CMcb"));
        context.System.WriteUInt64(entry + cookie, cookieValue ?? ((ulong)LabClock.Boot + (ulong)_registered.Count));
        context.System.WritePointer(entry + cookie + 8, new VirtualAddress(callContext));
        context.System.WritePointer(entry + cookie + 8 + _pointer, routine);
        context.WriteUnicodeString(entry + cookie + 8 + 2 * _pointer, altitude);
        context.InitializeList(entry + cookie + 8 + 4 * _pointer);
        context.InsertTail(head, entry);
        context.System.WriteUInt32(context.Kernel.AddressOf("CmpCallBackCount", 4), (uint)_registered.Count(known => known.Kind == "registry") + 1);
        _registered.Add(new LabCallback("registry", routine));
        return entry;
    }

    /// <summary>Takes a registry callback out.</summary>
    public void RemoveRegistry(VirtualAddress entry, VirtualAddress routine)
    {
        context.Unlink(entry);
        context.PagedPool.Free(context.ReadPointer(entry + (_pointer == sizeof(ulong) ? 0x18u : 0x10u) + 8 + 3 * _pointer));
        context.PagedPool.Free(entry);
        _registered.Remove(new LabCallback("registry", routine));
        context.System.WriteUInt32(context.Kernel.AddressOf("CmpCallBackCount", 4), (uint)_registered.Count(known => known.Kind == "registry"));
    }

    /// <summary>Registers callbacks for handles to processes and threads, where the kernel has them: since Vista SP1.</summary>
    public void AddObject(VirtualAddress before, VirtualAddress after, string altitude)
    {
        if (context.At("_OBJECT_TYPE", objects.TypeOf("Process")).Has("CallbackList"))
        {
            _ = AddObject(altitude, 0, [Of("Process"), Of("Thread")]);
        }

        ObjectOperation Of(string type) => new(objects.TypeOf(type), CreateAndDuplicate, before, after);
    }

    /// <summary>Registers callbacks for handles to objects of some types.</summary>
    /// <returns>The registration, which is also its handle.</returns>
    public VirtualAddress AddObject(string altitude, ulong registrationContext, IReadOnlyList<ObjectOperation> operations)
    {
        var (header, itemSize) = (4 * _pointer, ObjectItemPointers * _pointer);
        var entry = context.PagedPool.Allocate((int)(header + itemSize * operations.Count), PoolTag.Of("ObCb"));
        context.System.WriteUInt16(entry, 0x100);
        context.System.WriteUInt16(entry + 2, (ushort)operations.Count);
        context.System.WritePointer(entry + _pointer, new VirtualAddress(registrationContext));
        context.WriteUnicodeString(entry + 2 * _pointer, altitude);
        for (var index = 0; index < operations.Count; index++)
        {
            var item = entry + header + (ulong)index * itemSize;
            var (type, mask, before, after) = operations[index];
            var fields = item + 2 * _pointer;
            context.System.WriteUInt32(fields, mask);
            context.System.WriteUInt32(fields + 4, 1);
            context.System.WritePointer(fields + 8, entry);
            context.System.WritePointer(fields + 8 + _pointer, type);
            context.System.WritePointer(fields + 8 + 2 * _pointer, before);
            context.System.WritePointer(fields + 8 + 3 * _pointer, after);
            context.InsertTail(context.At("_OBJECT_TYPE", type).AddressOf("CallbackList"), item);
            foreach (var routine in (ReadOnlySpan<VirtualAddress>)[before, after])
            {
                if (!routine.IsZero)
                {
                    _registered.Add(new LabCallback("object", routine));
                }
            }
        }

        return entry;
    }

    /// <summary>Takes a registration of callbacks for handles out.</summary>
    public void RemoveObject(VirtualAddress entry, IReadOnlyList<ObjectOperation> operations)
    {
        for (var index = 0; index < operations.Count; index++)
        {
            context.Unlink(entry + 4 * _pointer + (ulong)index * ObjectItemPointers * _pointer);
            _registered.Remove(new LabCallback("object", operations[index].Before));
            _registered.Remove(new LabCallback("object", operations[index].After));
        }

        context.PagedPool.Free(context.ReadPointer(entry + 3 * _pointer));
        context.PagedPool.Free(entry);
    }

    /// <summary>Registers a routine for a crash, in a record of the driver's own data.</summary>
    public void AddBugCheck(LabImage owner, VirtualAddress routine, bool withReason)
    {
        var record = owner.Base + DriverImageWriter.VariablesOf(owner.Size) + (withReason ? 0x100ul : 0);
        var component = record + 0x80;
        context.System.Write(component, Encoding.ASCII.GetBytes(owner.Name + '\0'));
        context.System.WritePointer(record + 2 * _pointer, routine);
        if (withReason)
        {
            context.System.WritePointer(record + 3 * _pointer, component);
            context.System.WritePointer(record + 4 * _pointer, new VirtualAddress(unchecked(routine.Value + 2 + component.Value)));
            context.System.WriteUInt32(record + 5 * _pointer, 2);
            context.System.WriteUInt32(record + 5 * _pointer + 4, 1);
        }
        else
        {
            context.System.WritePointer(record + 5 * _pointer, component);
            context.System.WritePointer(record + 6 * _pointer, new VirtualAddress(unchecked(routine.Value + component.Value)));
            context.System.WriteByte(record + 7 * _pointer, 1);
        }

        AddToList(withReason ? "bugcheck-reason" : "bugcheck", withReason ? "KeBugCheckReasonCallbackListHead" : "KeBugCheckCallbackListHead", record, routine);
    }

    /// <summary>Registers a driver's first device for the end of the system; its shutdown routine is called.</summary>
    public void AddShutdown(MachineDriver driver)
    {
        const int Shutdown = 16;
        var routine = driver.Image.Base + DriverImageWriter.Routine(Shutdown + 4);
        var structure = context.At("_DRIVER_OBJECT", driver.Object);
        context.System.WritePointer(structure.AddressOf("MajorFunction") + Shutdown * _pointer, routine);
        var packet = context.NonPagedPool.Allocate(3 * (int)_pointer, PoolTag.Of("IoSh"));
        context.System.WritePointer(packet + 2 * _pointer, context.ReadPointer(structure.AddressOf("DeviceObject")));
        AddToList("shutdown", "IopNotifyShutdownQueueHead", packet, routine);
    }

    /// <summary>Registers a routine for the end of logon sessions.</summary>
    public void AddLogonSession(VirtualAddress routine)
    {
        var entry = context.PagedPool.Allocate(2 * (int)_pointer, PoolTag.Of("SeFS"));
        context.System.WritePointer(entry + _pointer, routine);
        AddToChain("logon-session", "SeFileSystemNotifyRoutinesHead", entry, routine);
    }

    /// <summary>Enters a routine in one of the kernel's lists.</summary>
    /// <param name="kind">The event, as <see cref="LabCallback.Kind"/> names it.</param>
    /// <param name="head">The variable that is the list's head.</param>
    /// <param name="entry">The entry; all but its links is filled in.</param>
    /// <param name="routine">The routine that it leads to.</param>
    /// <param name="isFirst">Whether it stands before the others.</param>
    public void AddToList(string kind, string head, VirtualAddress entry, VirtualAddress routine, bool isFirst = false)
    {
        var list = context.Kernel.AddressOf(head, 2 * _pointer);
        context.InsertTail(isFirst ? context.ReadPointer(list) : list, entry);
        _registered.Add(new LabCallback(kind, routine));
    }

    /// <summary>Takes a routine out of one of the kernel's lists.</summary>
    public void RemoveFromList(string kind, VirtualAddress entry, VirtualAddress routine)
    {
        context.Unlink(entry);
        _registered.Remove(new LabCallback(kind, routine));
    }

    /// <summary>Enters a routine in front of one of the kernel's chains of single links.</summary>
    public void AddToChain(string kind, string head, VirtualAddress entry, VirtualAddress routine)
    {
        var first = context.Kernel.AddressOf(head, _pointer);
        context.System.WritePointer(entry, context.ReadPointer(first));
        context.System.WritePointer(first, entry);
        _registered.Add(new LabCallback(kind, routine));
    }

    /// <summary>Takes a routine out of one of the kernel's chains of single links.</summary>
    public void RemoveFromChain(string kind, string head, VirtualAddress entry, VirtualAddress routine)
    {
        var link = context.Kernel.AddressOf(head, _pointer);
        for (var count = 0; count < Limits.Callbacks && context.ReadPointer(link) is { IsZero: false } next; count++)
        {
            if (next == entry)
            {
                context.System.WritePointer(link, context.ReadPointer(entry));
                break;
            }

            link = next;
        }

        _registered.Remove(new LabCallback(kind, routine));
    }

    private VirtualAddress[] SlotsOf(string kind, out uint count, out VirtualAddress counter)
    {
        var (array, countName) = kind switch
        {
            "process" => ("PspCreateProcessNotifyRoutine", "PspCreateProcessNotifyRoutineCount"),
            "thread" => ("PspCreateThreadNotifyRoutine", "PspCreateThreadNotifyRoutineCount"),
            "registry" => ("CmpCallBackVector", "CmpCallBackCount"),
            _ => ("PspLoadImageNotifyRoutine", "PspLoadImageNotifyRoutineCount"),
        };
        var slots = kind == "registry" ? CallbackVectorSlots : ArraySlots;
        var start = context.Kernel.AddressOf(array, slots * _pointer);
        counter = context.Kernel.AddressOf(countName, 4);
        count = BinaryPrimitives.ReadUInt32LittleEndian(context.System.Span(counter, 4));
        return [.. Enumerable.Range(0, (int)slots).Select(slot => start + (ulong)slot * _pointer)];
    }
}
