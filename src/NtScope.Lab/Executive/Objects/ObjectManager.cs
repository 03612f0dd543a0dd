using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

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
    private readonly Dictionary<string, SymbolicLink> _links = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<(LoadedDriver Driver, ulong Address), (int Count, StackTrace? Origin)> _balance = [];
    private readonly Dictionary<ObjectKind, ulong> _types = [];
    private readonly Machine.Objects.ObjectManager _objectsInMemory;
    private uint _nextHandle = 0x100;

    /// <summary>An object manager over the types and directories that the machine started with.</summary>
    public ObjectManager(LabKernel kernel)
    {
        _kernel = kernel;
        _objectsInMemory = kernel.Windows.Objects;
        foreach (var kind in Enum.GetValues<ObjectKind>())
        {
            _types.Add(kind, _objectsInMemory.TypeOf(NameOf(kind)).Value);
        }
    }

    /// <summary>Names that stand for others.</summary>
    public IReadOnlyDictionary<string, SymbolicLink> Links => _links;

    /// <summary>Open handles.</summary>
    public IReadOnlyDictionary<uint, Handle> Handles => _handles;

    /// <summary>Makes an object with one reference.</summary>
    public KernelObject Create(ObjectKind kind, ulong bytes, string? name = null)
    {
        var (leaf, directory) = name is null ? (null, default) : PlaceOf(Normalise(name));
        var body = _objectsInMemory.Create(NameOf(kind), (uint)bytes, leaf, directory);
        var item = Adopt(body.Value, kind, name);
        if (name is not null)
        {
            _names.Add(Normalise(name), item);
        }

        return item;
    }

    /// <summary>
    /// Makes a named object, or finds the one that has the name: what every routine that creates objects by name does.
    /// </summary>
    /// <param name="kind">What it is.</param>
    /// <param name="bytes">The bytes of its body.</param>
    /// <param name="attributes">Its name, empty for none, and whether one that is there will do (OBJ_OPENIF).</param>
    /// <param name="item">The object with a reference for the caller; null if the status is a failure.</param>
    /// <returns>STATUS_SUCCESS if it was made, STATUS_OBJECT_NAME_EXISTS if it was found.</returns>
    public NtStatus CreateOrOpen(ObjectKind kind, ulong bytes, ObjectAttributes attributes, out KernelObject? item)
    {
        item = null;
        if (attributes.Name.Length == 0)
        {
            item = Create(kind, bytes);
            return NtStatus.Success;
        }

        if (attributes.Name[0] != '\\')
        {
            return NtStatus.ObjectPathSyntaxBad;
        }

        if (Resolve(attributes.Name, out var rest) is { } there && rest.Length == 0)
        {
            if (there.Kind != kind)
            {
                return NtStatus.ObjectTypeMismatch;
            }

            if (!attributes.OpensExisting)
            {
                return NtStatus.ObjectNameCollision;
            }

            Reference(there);
            item = there;
            return NtStatus.ObjectNameExists;
        }

        if (_links.ContainsKey(Normalise(attributes.Name)))
        {
            return NtStatus.ObjectNameCollision;
        }

        item = Create(kind, bytes, attributes.Name);
        return NtStatus.Success;
    }

    /// <summary>Takes over an object that the machine started with.</summary>
    public KernelObject Adopt(ulong address, ObjectKind kind, string? name = null)
    {
        var item = new KernelObject(address, kind, name) { Origin = _kernel.Traces.Capture() };
        _kernel.Memory.WriteUInt64(address - HeaderBytes, 1);
        _objects.Add(address, item);
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
        _handles.Add(number, new Handle(item, access, isKernel, caller == 0 ? null : _kernel.Drivers.At(caller), caller == 0 ? null : _kernel.Traces.Capture()));
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

        if (_names.ContainsKey(path) || _links.ContainsKey(path))
        {
            return NtStatus.ObjectNameCollision;
        }

        var (leaf, directory) = PlaceOf(path);
        var body = _objectsInMemory.CreateSymbolicLink(directory, leaf, target);
        _links.Add(path, new SymbolicLink(target, _kernel.Drivers.At(caller), body.Value, _kernel.Traces.Capture()));
        return NtStatus.Success;
    }

    /// <summary>What a link stands for; null if the name is no link.</summary>
    public string? LinkTarget(string name) => _links.TryGetValue(Normalise(name), out var link) ? link.Target : null;

    /// <summary>Takes a link away.</summary>
    public NtStatus DeleteLink(string name)
    {
        if (!_links.Remove(Normalise(name), out var link))
        {
            return NtStatus.ObjectNameNotFound;
        }

        _objectsInMemory.Delete(new VirtualAddress(link.Address));
        return NtStatus.Success;
    }

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

    /// <summary>Whether the directory that a full name is to be entered in exists.</summary>
    public bool HasDirectoryOf(string name) => !PlaceOf(Normalise(name)).Directory.IsZero;

    /// <summary>Takes a name away.</summary>
    public void RemoveName(string name)
    {
        if (_names.Remove(Normalise(name), out var item))
        {
            _objectsInMemory.RemoveName(new VirtualAddress(item.Address));
        }
    }

    /// <summary>References that a driver took and did not give back.</summary>
    public IEnumerable<(KernelObject? Object, int Count, StackTrace? Origin)> ReferencesBy(LoadedDriver driver) =>
        _balance.Where(entry => entry.Key.Driver == driver && entry.Value.Count > 0)
            .Select(entry => (Find(entry.Key.Address), entry.Value.Count, entry.Value.Origin));

    /// <summary>References that a driver gave back and did not take, with the call that gave the last one back.</summary>
    public IEnumerable<(KernelObject? Object, int Count, StackTrace? Origin)> ReturnedBy(LoadedDriver driver) =>
        _balance.Where(entry => entry.Key.Driver == driver && entry.Value.Count < 0)
            .Select(entry => (Find(entry.Key.Address), -entry.Value.Count, entry.Value.Origin));

    /// <summary>Forgets what a driver that is gone has taken and given back.</summary>
    public void Forget(LoadedDriver driver)
    {
        foreach (var key in _balance.Keys.Where(key => key.Driver == driver).ToArray())
        {
            _balance.Remove(key);
        }
    }

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

    private static string NameOf(ObjectKind kind) => kind == ObjectKind.FilterPort ? "FilterConnectionPort" : kind.ToString();

    // The last part of a full name, and the directory in memory that the rest names.
    private (string Leaf, VirtualAddress Directory) PlaceOf(string path)
    {
        var last = path.LastIndexOf('\\');
        var parent = path.AsSpan(0, Math.Max(last, 0));
        return (path[(last + 1)..], parent is "\\??" ? _kernel.Windows.Names.Global : _objectsInMemory.FindDirectory(parent));
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
            var (count, origin) = _balance.GetValueOrDefault((driver, item.Address));
            _balance[(driver, item.Address)] = (count + change, change > 0 || count <= 0 ? _kernel.Traces.Capture() : origin);
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
        _objectsInMemory.Delete(new VirtualAddress(item.Address));
    }
}
