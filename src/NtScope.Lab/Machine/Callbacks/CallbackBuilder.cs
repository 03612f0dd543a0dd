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
    private const uint ArraySize = 64 * sizeof(ulong);
    private const ulong FastReferences = 0xF;
    private const uint RegistryEntrySize = 0x50;
    private const int ObjectEntryHeader = 0x20;
    private const int ObjectItemSize = 0x40;
    private const uint CreateAndDuplicate = 3;

    private readonly List<LabCallback> _registered = [];
    private readonly Dictionary<string, int> _used = new(StringComparer.Ordinal);

    /// <summary>What was registered, in order.</summary>
    public IReadOnlyList<LabCallback> Registered => _registered;

    /// <summary>Registers a process, thread or image notify routine.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="routine">The routine.</param>
    public void AddNotify(string kind, VirtualAddress routine)
    {
        var (array, counter) = kind switch
        {
            "process" => ("PspCreateProcessNotifyRoutine", "PspCreateProcessNotifyRoutineCount"),
            "thread" => ("PspCreateThreadNotifyRoutine", "PspCreateThreadNotifyRoutineCount"),
            _ => ("PspLoadImageNotifyRoutine", "PspLoadImageNotifyRoutineCount"),
        };
        var block = context.PagedPool.Allocate(0x18, PoolTag.Of("Cbrb"));
        context.System.WriteUInt64(block, 0x20);
        context.System.WriteUInt64(block + 8, routine.Value);
        var slot = _used.GetValueOrDefault(array);
        _used[array] = slot + 1;
        context.System.WriteUInt64(context.Kernel.AddressOf(array, ArraySize) + (ulong)slot * sizeof(ulong), block.Value | FastReferences);
        context.System.WriteUInt32(context.Kernel.AddressOf(counter, 4), (uint)slot + 1);
        _registered.Add(new LabCallback(kind, routine));
    }

    /// <summary>Registers a registry callback.</summary>
    public void AddRegistry(VirtualAddress routine, string altitude)
    {
        var head = context.Kernel.AddressOf("CallbackListHead", 16);
        var entry = context.PagedPool.Allocate((int)RegistryEntrySize, PoolTag.Of("CMcb"));
        context.System.WriteUInt64(entry + 0x18, (ulong)LabClock.Boot + (ulong)_registered.Count);
        context.System.WriteUInt64(entry + 0x28, routine.Value);
        context.WriteUnicodeString(entry + 0x30, altitude);
        context.InitializeList(entry + 0x40);
        context.InsertTail(head, entry);
        context.System.WriteUInt32(context.Kernel.AddressOf("CmpCallBackCount", 4), (uint)_registered.Count(known => known.Kind == "registry") + 1);
        _registered.Add(new LabCallback("registry", routine));
    }

    /// <summary>Registers callbacks for handles to processes and threads.</summary>
    public void AddObject(VirtualAddress before, VirtualAddress after, string altitude)
    {
        string[] types = ["Process", "Thread"];
        var entry = context.PagedPool.Allocate(ObjectEntryHeader + ObjectItemSize * types.Length, PoolTag.Of("ObCb"));
        context.System.WriteUInt16(entry, 0x100);
        context.System.WriteUInt16(entry + 2, (ushort)types.Length);
        context.WriteUnicodeString(entry + 0x10, altitude);
        for (var index = 0; index < types.Length; index++)
        {
            var item = entry + ObjectEntryHeader + (ulong)(index * ObjectItemSize);
            var type = objects.TypeOf(types[index]);
            context.System.WriteUInt32(item + 0x10, CreateAndDuplicate);
            context.System.WriteUInt32(item + 0x14, 1);
            context.System.WriteUInt64(item + 0x18, entry.Value);
            context.System.WriteUInt64(item + 0x20, type.Value);
            context.System.WriteUInt64(item + 0x28, before.Value);
            context.System.WriteUInt64(item + 0x30, after.Value);
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
        context.System.WriteUInt64(record + 0x10, routine.Value);
        if (withReason)
        {
            context.System.WriteUInt64(record + 0x18, component.Value);
            context.System.WriteUInt64(record + 0x20, unchecked(routine.Value + 2 + component.Value));
            context.System.WriteUInt32(record + 0x28, 2);
            context.System.WriteUInt32(record + 0x2C, 1);
        }
        else
        {
            context.System.WriteUInt64(record + 0x28, component.Value);
            context.System.WriteUInt64(record + 0x30, unchecked(routine.Value + component.Value));
            context.System.WriteByte(record + 0x38, 1);
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
        context.System.WriteUInt64(structure.AddressOf("MajorFunction") + Shutdown * sizeof(ulong), routine.Value);
        var packet = context.NonPagedPool.Allocate(0x18, PoolTag.Of("IoSh"));
        context.System.WriteUInt64(packet + 0x10, context.ReadPointer(structure.AddressOf("DeviceObject")).Value);
        context.InsertTail(head, packet);
        _registered.Add(new LabCallback("shutdown", routine));
    }

    /// <summary>Registers a routine for the end of logon sessions.</summary>
    public void AddLogonSession(VirtualAddress routine)
    {
        var head = context.Kernel.AddressOf("SeFileSystemNotifyRoutinesHead");
        var entry = context.PagedPool.Allocate(0x10, PoolTag.Of("SeFS"));
        context.System.WriteUInt64(entry, context.ReadPointer(head).Value);
        context.System.WriteUInt64(entry + 8, routine.Value);
        context.System.WriteUInt64(head, entry.Value);
        _registered.Add(new LabCallback("logon-session", routine));
    }
}
