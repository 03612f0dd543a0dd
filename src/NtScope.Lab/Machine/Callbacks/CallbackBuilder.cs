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
    private readonly Dictionary<string, uint> _used = new(StringComparer.Ordinal);
    private readonly uint _pointer = context.PointerSize;

    /// <summary>What was registered, in order.</summary>
    public IReadOnlyList<LabCallback> Registered => _registered;

    /// <summary>Registers a process, thread or image notify routine.</summary>
    /// <param name="kind">Which; before Vista also <c>registry</c>.</param>
    /// <param name="routine">The routine.</param>
    public void AddNotify(string kind, VirtualAddress routine)
    {
        var (array, counter) = kind switch
        {
            "process" => ("PspCreateProcessNotifyRoutine", "PspCreateProcessNotifyRoutineCount"),
            "thread" => ("PspCreateThreadNotifyRoutine", "PspCreateThreadNotifyRoutineCount"),
            "registry" => ("CmpCallBackVector", "CmpCallBackCount"),
            _ => ("PspLoadImageNotifyRoutine", "PspLoadImageNotifyRoutineCount"),
        };
        var block = context.PagedPool.Allocate(3 * (int)_pointer, PoolTag.Of("Cbrb"));
        context.System.WritePointer(block, new VirtualAddress(0x20));
        context.System.WritePointer(block + _pointer, routine);
        var slot = _used.GetValueOrDefault(array);
        _used[array] = slot + 1;
        var slots = context.Kernel.AddressOf(array, (kind == "registry" ? CallbackVectorSlots : ArraySlots) * _pointer);
        context.System.WritePointer(slots + slot * _pointer, new VirtualAddress(block.Value | context.FastReferences));
        context.System.WriteUInt32(context.Kernel.AddressOf(counter, 4), slot + 1);
        _registered.Add(new LabCallback(kind, routine));
    }

    /// <summary>Registers a registry callback.</summary>
    public void AddRegistry(VirtualAddress routine, string altitude)
    {
        if (context.Version.Major < 6)
        {
            AddNotify("registry", routine);
            return;
        }

        // The cookie stands on a multiple of eight bytes; context, routine, altitude and a list follow it.
        var head = context.Kernel.AddressOf("CallbackListHead", 16);
        var cookie = _pointer == sizeof(ulong) ? 0x18u : 0x10u;
        var entry = context.PagedPool.Allocate((int)(cookie + 8 + 6 * _pointer), PoolTag.Of("CMcb"));
        context.System.WriteUInt64(entry + cookie, (ulong)LabClock.Boot + (ulong)_registered.Count);
        context.System.WritePointer(entry + cookie + 8 + _pointer, routine);
        context.WriteUnicodeString(entry + cookie + 8 + 2 * _pointer, altitude);
        context.InitializeList(entry + cookie + 8 + 4 * _pointer);
        context.InsertTail(head, entry);
        context.System.WriteUInt32(context.Kernel.AddressOf("CmpCallBackCount", 4), (uint)_registered.Count(known => known.Kind == "registry") + 1);
        _registered.Add(new LabCallback("registry", routine));
    }

    /// <summary>Registers callbacks for handles to processes and threads, where the kernel has them: since Vista SP1.</summary>
    public void AddObject(VirtualAddress before, VirtualAddress after, string altitude)
    {
        string[] types = ["Process", "Thread"];
        if (!context.At("_OBJECT_TYPE", objects.TypeOf(types[0])).Has("CallbackList"))
        {
            return;
        }

        var (header, itemSize) = (4 * _pointer, ObjectItemPointers * _pointer);
        var entry = context.PagedPool.Allocate((int)(header + itemSize * types.Length), PoolTag.Of("ObCb"));
        context.System.WriteUInt16(entry, 0x100);
        context.System.WriteUInt16(entry + 2, (ushort)types.Length);
        context.WriteUnicodeString(entry + 2 * _pointer, altitude);
        for (var index = 0; index < types.Length; index++)
        {
            var item = entry + header + (ulong)index * itemSize;
            var type = objects.TypeOf(types[index]);
            var fields = item + 2 * _pointer;
            context.System.WriteUInt32(fields, CreateAndDuplicate);
            context.System.WriteUInt32(fields + 4, 1);
            context.System.WritePointer(fields + 8, entry);
            context.System.WritePointer(fields + 8 + _pointer, type);
            context.System.WritePointer(fields + 8 + 2 * _pointer, before);
            context.System.WritePointer(fields + 8 + 3 * _pointer, after);
            context.InsertTail(context.At("_OBJECT_TYPE", type).AddressOf("CallbackList"), item);
            _registered.Add(new LabCallback("object", before));
            _registered.Add(new LabCallback("object", after));
        }
    }

    /// <summary>Registers a routine for a crash, in a record of the driver's own data.</summary>
    public void AddBugCheck(LabImage owner, VirtualAddress routine, bool withReason)
    {
        var head = context.Kernel.AddressOf(withReason ? "KeBugCheckReasonCallbackListHead" : "KeBugCheckCallbackListHead", 16);
        var record = owner.Base + (owner.Size - 0x3000 & ~0xFFFu) + (withReason ? 0x100ul : 0);
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

        context.InsertTail(head, record);
        _registered.Add(new LabCallback(withReason ? "bugcheck-reason" : "bugcheck", routine));
    }

    /// <summary>Registers a driver's first device for the end of the system; its shutdown routine is called.</summary>
    public void AddShutdown(MachineDriver driver)
    {
        const int Shutdown = 16;
        var head = context.Kernel.AddressOf("IopNotifyShutdownQueueHead", 16);
        var routine = driver.Image.Base + DriverImageWriter.Routine(Shutdown + 4);
        var structure = context.At("_DRIVER_OBJECT", driver.Object);
        context.System.WritePointer(structure.AddressOf("MajorFunction") + Shutdown * _pointer, routine);
        var packet = context.NonPagedPool.Allocate(3 * (int)_pointer, PoolTag.Of("IoSh"));
        context.System.WritePointer(packet + 2 * _pointer, context.ReadPointer(structure.AddressOf("DeviceObject")));
        context.InsertTail(head, packet);
        _registered.Add(new LabCallback("shutdown", routine));
    }

    /// <summary>Registers a routine for the end of logon sessions.</summary>
    public void AddLogonSession(VirtualAddress routine)
    {
        var head = context.Kernel.AddressOf("SeFileSystemNotifyRoutinesHead");
        var entry = context.PagedPool.Allocate(2 * (int)_pointer, PoolTag.Of("SeFS"));
        context.System.WritePointer(entry, context.ReadPointer(head));
        context.System.WritePointer(entry + _pointer, routine);
        context.System.WritePointer(head, entry);
        _registered.Add(new LabCallback("logon-session", routine));
    }
}
