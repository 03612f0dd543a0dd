using System.Buffers.Binary;
using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Modules;

namespace NtScope.Lab.Machine.Callbacks;

/// <summary>
/// Fills the filter manager's memory: its globals, one frame, volumes, filters with their operations, an instance of each filter on each volume
/// with a callback node for each operation. Offsets that <see cref="FilterManagerLayout"/> does not name are the same in all builds.
/// </summary>
internal sealed class FilterManagerBuilder
{
    private const uint GlobalsInVariables = 0x540;
    private const uint FrameList = 0x58;
    private const uint ListInHead = 0x68;
    private const uint CountInHead = 0x78;
    private const uint RegisteredFilters = 0x48;
    private const uint AttachedVolumes = 0xC8;
    private const uint PrimaryLink = 0x10;
    private const uint FilterName = 0x08;
    private const uint FilterAltitude = 0x18;
    private const uint FilterInstances = 0x38;
    private const uint InstanceAltitude = 0x20;
    private const uint InstanceName = 0x30;
    private const uint InstanceLink = 0x40;
    private const uint VolumeInstances = 0x70;
    private const uint VolumeCallbacks = 0xF0;
    private const uint FunctionCount = 50;
    private const int FrameSize = 0x600;
    private const int FilterSize = 0x2C0;
    private const int InstanceSize = 0x250;
    private const int VolumeSize = 0x7C0;
    private const int NodeSize = 0x30;
    private const int OperationSize = 0x20;
    private const int NamedFunctions = 22;
    private const byte LastOperation = 0x80;
    private const uint ExportRoutine = 20;

    private readonly MachineContext _context;
    private readonly FilterManagerLayout _layout;
    private readonly VirtualAddress _frame;
    private readonly List<(string Name, VirtualAddress Object)> _volumes = [];
    private readonly List<LabFilter> _filters = [];

    /// <summary>Initialises the filter manager without a filter.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="manager">The driver object of fltmgr.sys.</param>
    /// <param name="volumes">The devices of the volumes that it is attached to.</param>
    public FilterManagerBuilder(MachineContext context, MachineDriver manager, IEnumerable<string> volumes)
    {
        _context = context;
        _layout = FilterManagerLayout.Of(context.Version.Build);
        var globals = manager.Image.Base + DriverImageWriter.VariablesOf(manager.Image.Size) + GlobalsInVariables;
        Write(globals + 0x20, (uint)context.Options.Processors);
        Write(globals + 0x38, manager.Object);
        InitializeHead(globals + FrameList);
        WriteEnumeration(manager.Image, globals);
        _frame = Allocate(FrameSize, "FMfr");
        context.System.WriteUInt32(_frame, 0xF100_0000);
        Insert(globals + FrameList, _frame + 8);
        context.WriteUnicodeString(_frame + 0x20, "0");
        context.WriteUnicodeString(_frame + 0x30, "409500");
        InitializeHead(_frame + RegisteredFilters);
        InitializeHead(_frame + AttachedVolumes);
        context.InitializeList(_frame + 0x148);
        foreach (var volume in volumes)
        {
            AddVolume(volume);
        }
    }

    /// <summary>The filters so far, in the order of their altitudes as they were added.</summary>
    public IReadOnlyList<LabFilter> Filters => _filters;

    /// <summary>Registers a filter of the usual drivers and attaches it to every volume.</summary>
    /// <param name="driver">Its driver.</param>
    /// <param name="name">Its name.</param>
    /// <param name="altitude">Its altitude.</param>
    /// <param name="functions">The major functions that it watches, each with a routine before; create and write have one after, too.</param>
    public void Register(MachineDriver driver, string name, string altitude, params ReadOnlySpan<byte> functions)
    {
        var operations = new List<(byte, VirtualAddress, VirtualAddress)>();
        for (var index = 0; index < functions.Length; index++)
        {
            var (before, after) = (driver.Image.Base + DriverImageWriter.Routine(52 + 2 * index), functions[index] is 0 or 4 ? driver.Image.Base + DriverImageWriter.Routine(53 + 2 * index) : default);
            operations.Add((functions[index], before, after));
        }

        var filter = Register(driver.Object, driver.Image.Base + DriverImageWriter.Routine(50), name, altitude, operations);
        foreach (var (volume, _) in _volumes)
        {
            Attach(filter, volume);
        }
    }

    /// <summary>Registers a filter; it has no instance yet.</summary>
    /// <param name="driver">Its driver object.</param>
    /// <param name="unload">The routine that unloads it; zero for none.</param>
    /// <param name="name">Its name.</param>
    /// <param name="altitude">Its altitude.</param>
    /// <param name="operations">What it watches: the major function, the routines before and after, zero for none. Unknown functions are left out.</param>
    /// <returns>Its <c>_FLT_FILTER</c>.</returns>
    public VirtualAddress Register(
        VirtualAddress driver, VirtualAddress unload, string name, string altitude, IEnumerable<(byte MajorFunction, VirtualAddress Before, VirtualAddress After)> operations)
    {
        var space = _context.System;
        var filter = Allocate(FilterSize, "FMfl");
        var body = filter + _layout.ObjectSize;
        var watched = operations.Where(operation => NodeIndex(operation.MajorFunction) < FunctionCount).ToArray();
        space.WriteUInt32(filter, 0x0200_0000);
        space.WriteUInt32(filter + 4, 2);
        Insert(_frame + RegisteredFilters, filter + PrimaryLink);
        Write(body, _frame);
        _context.WriteUnicodeString(body + FilterName, name);
        _context.WriteUnicodeString(body + FilterAltitude, altitude);
        space.WriteUInt32(body + 0x28, 2);
        Write(body + 0x30, driver);
        InitializeHead(body + FilterInstances);
        Write(body + 0xD0, unload);
        var list = Allocate(OperationSize * (watched.Length + 1), "FMfl");
        for (var index = 0; index < watched.Length; index++)
        {
            var entry = list + (ulong)(index * OperationSize);
            space.WriteByte(entry, watched[index].MajorFunction);
            Write(entry + 0x08, watched[index].Before);
            Write(entry + 0x10, watched[index].After);
        }

        space.WriteByte(list + (ulong)(watched.Length * OperationSize), LastOperation);
        Write(body + _layout.Operations, list);
        _filters.Add(new LabFilter(name, altitude, filter, [], watched));
        return filter;
    }

    /// <summary>Attaches a filter to a volume: an instance, and a callback node for each operation.</summary>
    /// <returns>Its <c>_FLT_INSTANCE</c>.</returns>
    public VirtualAddress Attach(VirtualAddress filter, string volumeName)
    {
        var index = _filters.FindIndex(known => known.Object == filter);
        var known = _filters[index];
        var volume = VolumeOf(volumeName);
        var instance = Allocate(InstanceSize, "FMis");
        var body = instance + _layout.ObjectSize;
        _context.System.WriteUInt32(instance, 0x0100_0000);
        _context.System.WriteUInt32(instance + 4, 2);
        Insert(volume + _layout.ObjectSize + VolumeInstances, instance + PrimaryLink);
        Write(body + 0x08, volume);
        Write(body + 0x10, filter);
        _context.WriteUnicodeString(body + InstanceAltitude, known.Altitude);
        _context.WriteUnicodeString(body + InstanceName, $"{known.Name} Instance");
        Insert(filter + _layout.ObjectSize + FilterInstances, body + InstanceLink);
        foreach (var (function, before, after) in known.Operations)
        {
            var node = Allocate(NodeSize, "FMcn");
            _context.InsertTail(volume + _layout.ObjectSize + VolumeCallbacks + NodeIndex(function) * 16, node);
            Write(node + 0x10, instance);
            Write(node + 0x18, before);
            Write(node + 0x20, after);
            Write(body + _layout.CallbackNodes + NodeIndex(function) * sizeof(ulong), node);
        }

        _filters[index] = known with { Volumes = [.. known.Volumes, volumeName] };
        return instance;
    }

    /// <summary>Takes an instance away from its volume and its filter, and frees it.</summary>
    public void Detach(VirtualAddress filter, VirtualAddress instance, string volumeName)
    {
        var body = instance + _layout.ObjectSize;
        for (var function = 0ul; function < FunctionCount; function++)
        {
            if (_context.ReadPointer(body + _layout.CallbackNodes + function * sizeof(ulong)) is { IsZero: false } node)
            {
                _context.Unlink(node);
                _context.NonPagedPool.Free(node);
            }
        }

        Remove(VolumeOf(volumeName) + _layout.ObjectSize + VolumeInstances, instance + PrimaryLink);
        Remove(filter + _layout.ObjectSize + FilterInstances, body + InstanceLink);
        FreeText(body + InstanceAltitude);
        FreeText(body + InstanceName);
        _context.NonPagedPool.Free(instance);
        var index = _filters.FindIndex(known => known.Object == filter);
        _filters[index] = _filters[index] with { Volumes = [.. _filters[index].Volumes.Where(volume => volume != volumeName)] };
    }

    /// <summary>Takes a filter without instances out, and frees it.</summary>
    public void Unregister(VirtualAddress filter)
    {
        var body = filter + _layout.ObjectSize;
        Remove(_frame + RegisteredFilters, filter + PrimaryLink);
        FreeText(body + FilterName);
        FreeText(body + FilterAltitude);
        _context.NonPagedPool.Free(_context.ReadPointer(body + _layout.Operations));
        _context.NonPagedPool.Free(filter);
        _filters.RemoveAll(known => known.Object == filter);
    }

    /// <summary>The <c>_FLT_VOLUME</c> of a device.</summary>
    public VirtualAddress VolumeOf(string name) => _volumes.Find(volume => volume.Name == name).Object;

    /// <summary>Puts another routine into the callback node of a filter's first instance, as malware does to see or to blind.</summary>
    /// <returns>The node.</returns>
    public VirtualAddress Divert(string filter, byte majorFunction, VirtualAddress routine)
    {
        var body = _filters.Find(known => known.Name == filter)!.Object + _layout.ObjectSize;
        var instance = _context.ReadPointer(body + FilterInstances + ListInHead) - _layout.ObjectSize - InstanceLink;
        var node = _context.ReadPointer(instance + _layout.ObjectSize + _layout.CallbackNodes + NodeIndex(majorFunction) * sizeof(ulong));
        Write(node + 0x18, routine);
        return node;
    }

    private static ulong NodeIndex(byte majorFunction) => (ulong)((sbyte)majorFunction + NamedFunctions);

    private void AddVolume(string name)
    {
        var volume = Allocate(VolumeSize, "FMvo");
        _context.System.WriteUInt32(volume, 0x0400_0000);
        Insert(_frame + AttachedVolumes, volume + PrimaryLink);
        Write(volume + _layout.ObjectSize + 0x28, _frame);
        _context.WriteUnicodeString(volume + _layout.ObjectSize + _layout.DeviceName, name);
        InitializeHead(volume + _layout.ObjectSize + VolumeInstances);
        for (var list = 0ul; list < FunctionCount; list++)
        {
            _context.InitializeList(volume + _layout.ObjectSize + VolumeCallbacks + list * 16);
        }

        _volumes.Add((name, volume));
    }

    // _FLT_RESOURCE_LIST_HEAD: an _ERESOURCE, a list, a count.
    private void InitializeHead(VirtualAddress head)
    {
        _context.InitializeList(head);
        _context.InitializeList(head + ListInHead);
    }

    private void Insert(VirtualAddress head, VirtualAddress link)
    {
        _context.InsertTail(head + ListInHead, link);
        _context.System.TryReadUInt32(head + CountInHead, out var count, out _);
        _context.System.WriteUInt32(head + CountInHead, count + 1);
    }

    private void Remove(VirtualAddress head, VirtualAddress link)
    {
        _context.Unlink(link);
        _context.System.TryReadUInt32(head + CountInHead, out var count, out _);
        _context.System.WriteUInt32(head + CountInHead, count - 1);
    }

    private void FreeText(VirtualAddress text) => _context.PagedPool.Free(_context.ReadPointer(text + sizeof(ulong)));

    private VirtualAddress Allocate(int size, string tag) => _context.NonPagedPool.Allocate(size, PoolTag.Of(tag));

    // FltEnumerateFilters locks the list of frames: lea rcx,[FltGlobals+58h] stands near its start.
    private void WriteEnumeration(LabImage image, VirtualAddress globals)
    {
        var routine = image.Base + DriverImageWriter.Routine((int)ExportRoutine);
        var code = Convert.FromHexString("48895C2408574883EC20488BF9488D0D00000000B20133C0488B5C24304883C4205FC3");
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(16), (int)(globals + FrameList - routine - 20));
        _context.System.Write(routine, code);
    }

    private void Write(VirtualAddress address, VirtualAddress value) => _context.System.WriteUInt64(address, value.Value);

    private void Write(VirtualAddress address, uint value) => _context.System.WriteUInt32(address, value);
}
