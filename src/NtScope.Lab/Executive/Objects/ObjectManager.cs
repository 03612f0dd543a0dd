using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Modules;

namespace NtScope.Lab.Executive.Objects;

/// <summary>Objects with their reference counts, handles, and the namespace.</summary>
internal sealed class ObjectManager
{
    private const ulong HeaderBytes = 0x30;
    private const ulong KernelHandleBit = 0xFFFF_FFFF_8000_0000;
    private readonly LabKernel _kernel;
    private readonly Dictionary<ulong, KernelObject> _objects = [];
    private readonly Dictionary<uint, Handle> _handles = [];
    private readonly Dictionary<string, KernelObject> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, (string Target, LoadedDriver? Owner)> _links = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<(LoadedDriver Driver, ulong Address), (int Count, ulong At)> _balance = [];
    private readonly Dictionary<ObjectKind, ulong> _types = [];
    private uint _nextHandle = 4;

    /// <summary>Makes the object types that drivers import as variables.</summary>
    public ObjectManager(LabKernel kernel)
    {
        _kernel = kernel;
        foreach (var (kind, variable) in new[]
        {
            (ObjectKind.Process, "PsProcessType"), (ObjectKind.Thread, "PsThreadType"), (ObjectKind.File, "IoFileObjectType"),
            (ObjectKind.Event, "ExEventObjectType"), (ObjectKind.Key, "CmKeyObjectType"), (ObjectKind.Driver, "IoDriverObjectType"),
            (ObjectKind.Device, "IoDeviceObjectType"), (ObjectKind.Token, "SeTokenObjectType"), (ObjectKind.Section, "MmSectionObjectType"),
        })
        {
            var type = kernel.Pool.Allocate(0x100, "ObjT");
            _types.Add(kind, type);
            kernel.Variables.Add(variable, type);
        }
    }

    /// <summary>Names that stand for others.</summary>
    public IReadOnlyDictionary<string, (string Target, LoadedDriver? Owner)> Links => _links;

    /// <summary>Open handles.</summary>
    public IReadOnlyDictionary<uint, Handle> Handles => _handles;

    /// <summary>Makes an object with one reference.</summary>
    public KernelObject Create(ObjectKind kind, ulong bytes, string tag, string? name = null)
    {
        var block = _kernel.Pool.Allocate(bytes + HeaderBytes, tag);
        var item = new KernelObject(block + HeaderBytes, kind, name);
        _kernel.Memory.WriteUInt64(block, 1);
        _objects.Add(item.Address, item);
        if (name is not null)
        {
            _names.Add(name, item);
        }

        return item;
    }

    /// <summary>The address of an object type.</summary>
    public ulong TypeOf(ObjectKind kind) => _types.GetValueOrDefault(kind);

    /// <summary>The type that an address stands for, or null.</summary>
    public ObjectKind? KindOf(ulong type)
    {
        foreach (var (kind, address) in _types)
        {
            if (address == type)
            {
                return kind;
            }
        }

        return null;
    }

    /// <summary>The object at an address, or null.</summary>
    public KernelObject? Find(ulong address) => _objects.GetValueOrDefault(address);

    /// <summary>The object at an address; stops the machine if there is none.</summary>
    public KernelObject Get(ulong address)
    {
        if (_objects.TryGetValue(address, out var item))
        {
            return item;
        }

        _kernel.Verifier.Report("bad-object", $"0x{address:x} is used as an object and is none, or no longer", _kernel.Threads.Current.Trap.Caller?.Name);
        throw _kernel.BugCheck(BugCheckCode.VerifierDetectedViolation, [0, address, 0, 0], "a driver used an object that does not exist");
    }

    /// <summary>Adds a reference.</summary>
    public void Reference(KernelObject item, ulong caller = 0)
    {
        item.References++;
        _kernel.Memory.WriteUInt64(item.Address - HeaderBytes, (ulong)item.References);
        Note(item, caller, 1);
    }

    /// <summary>Takes a reference away; the last one deletes the object.</summary>
    public void Dereference(KernelObject item, ulong caller = 0)
    {
        Note(item, caller, -1);
        item.References--;
        _kernel.Memory.WriteUInt64(item.Address - HeaderBytes, (ulong)item.References);
        if (item.References <= 0)
        {
            Delete(item);
        }
    }

    /// <summary>Opens a handle.</summary>
    /// <param name="item">To what.</param>
    /// <param name="access">With which access.</param>
    /// <param name="isKernel">Whether it is a kernel handle.</param>
    /// <param name="caller">The place of the driver's call; 0 for a user.</param>
    public ulong Open(KernelObject item, uint access, bool isKernel, ulong caller)
    {
        if (_handles.Count >= LabLimits.Handles)
        {
            throw _kernel.Stop("handles", $"{LabLimits.Handles} handles are open");
        }

        var number = _nextHandle;
        _nextHandle += 4;
        item.References++;
        item.Handles++;
        _handles.Add(number, new Handle(item, access, isKernel, caller == 0 ? null : _kernel.Drivers.At(caller), caller));
        return isKernel ? KernelHandleBit | number : number;
    }

    /// <summary>The handle of this value, or null.</summary>
    public Handle? FindHandle(ulong handle) => _handles.GetValueOrDefault((uint)handle & 0x7FFF_FFFC);

    /// <summary>Closes a handle.</summary>
    public NtStatus Close(ulong handle)
    {
        if (!_handles.Remove((uint)handle & 0x7FFF_FFFC, out var entry))
        {
            return NtStatus.InvalidHandle;
        }

        if (--entry.Object.Handles == 0)
        {
            entry.Object.Closed?.Invoke();
        }

        Dereference(entry.Object);
        return NtStatus.Success;
    }

    /// <summary>Makes one name stand for another.</summary>
    public NtStatus CreateLink(string name, string target, ulong caller)
    {
        var path = Normalise(name);
        if (path.Length == 0 || path[0] != '\\')
        {
            return NtStatus.ObjectPathSyntaxBad;
        }

        if (_links.Count >= LabLimits.Links)
        {
            return NtStatus.InsufficientResources;
        }

        if (_names.ContainsKey(path) || !_links.TryAdd(path, (target, _kernel.Drivers.At(caller))))
        {
            return NtStatus.ObjectNameCollision;
        }

        return NtStatus.Success;
    }

    /// <summary>Takes a link away.</summary>
    public NtStatus DeleteLink(string name) => _links.Remove(Normalise(name)) ? NtStatus.Success : NtStatus.ObjectNameNotFound;

    /// <summary>Follows links from a name to the object whose name begins it.</summary>
    /// <param name="name">A full name.</param>
    /// <param name="rest">What follows the object's name; empty if nothing does.</param>
    /// <returns>The object; null if there is none.</returns>
    public KernelObject? Resolve(string name, out string rest)
    {
        var path = Normalise(name);
        for (var follow = 0; follow < 32; follow++)
        {
            if (FindPrefix(path, out rest) is { } item)
            {
                return item;
            }

            if (!FollowLink(ref path))
            {
                break;
            }
        }

        rest = string.Empty;
        return null;
    }

    /// <summary>The name that a full name stands for once links are followed.</summary>
    public string ResolveName(string name)
    {
        var path = Normalise(name);
        for (var follow = 0; follow < 32 && FollowLink(ref path); follow++)
        {
        }

        return path;
    }

    /// <summary>Adds a name that leads to an object.</summary>
    public bool AddName(string name, KernelObject item) => _names.TryAdd(Normalise(name), item);

    /// <summary>Takes a name away.</summary>
    public void RemoveName(string name) => _names.Remove(Normalise(name));

    /// <summary>References that a driver took and did not give back.</summary>
    public IEnumerable<(KernelObject? Object, int Count, ulong At)> ReferencesBy(LoadedDriver driver) =>
        _balance.Where(entry => entry.Key.Driver == driver && entry.Value.Count > 0)
            .Select(entry => (Find(entry.Key.Address), entry.Value.Count, entry.Value.At));

    private static string Normalise(string name)
    {
        foreach (var prefix in (ReadOnlySpan<string>)["\\DosDevices\\", "\\GLOBAL??\\", "\\??\\Global\\"])
        {
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return "\\??\\" + name[prefix.Length..];
            }
        }

        return name;
    }

    private KernelObject? FindPrefix(string path, out string rest)
    {
        var end = path.Length;
        while (end > 0)
        {
            if (_names.TryGetValue(path[..end], out var item))
            {
                rest = path[end..];
                return item;
            }

            end = path.LastIndexOf('\\', end - 1);
        }

        rest = string.Empty;
        return null;
    }

    private bool FollowLink(ref string path)
    {
        var end = path.Length;
        while (end > 0)
        {
            if (_links.TryGetValue(path[..end], out var link))
            {
                path = Normalise(link.Target + path[end..]);
                return true;
            }

            end = path.LastIndexOf('\\', end - 1);
        }

        return false;
    }

    private void Note(KernelObject item, ulong caller, int change)
    {
        if (caller != 0 && _kernel.Drivers.At(caller) is { } driver)
        {
            var (count, at) = _balance.GetValueOrDefault((driver, item.Address));
            _balance[(driver, item.Address)] = (count + change, change > 0 ? caller : at);
            if (count + change == 0)
            {
                _balance.Remove((driver, item.Address));
            }
        }
    }

    private void Delete(KernelObject item)
    {
        if (item.References < 0)
        {
            throw _kernel.BugCheck(BugCheckCode.VerifierDetectedViolation, [0, item.Address, 0, 0], "an object is dereferenced more often than referenced");
        }

        item.Deleted?.Invoke();
        if (item.Name is not null)
        {
            _names.Remove(Normalise(item.Name));
        }

        _objects.Remove(item.Address);
        _kernel.Pool.Free(item.Address - HeaderBytes);
    }
}
