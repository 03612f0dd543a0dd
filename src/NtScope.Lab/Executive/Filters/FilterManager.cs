using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Callbacks;

namespace NtScope.Lab.Executive.Filters;

/// <summary>Minifilters in the order of their altitudes.</summary>
internal sealed class FilterManager(LabKernel kernel)
{
    private readonly GuestMemory _memory = kernel.Memory;
    private readonly List<MiniFilter> _filters = [];

    /// <summary>The registered minifilters, the highest altitude first.</summary>
    public IReadOnlyList<MiniFilter> All => _filters;

    /// <summary>Contexts of minifilters.</summary>
    public FilterContexts Contexts { get; } = new(kernel);

    /// <summary>How operations pass the minifilters.</summary>
    public OperationCallbacks Callbacks { get; } = new(kernel);

    /// <summary>Communication ports of minifilters.</summary>
    public FilterPorts Ports { get; } = new(kernel);

    /// <summary>The volume (PFLT_VOLUME).</summary>
    public ulong Volume => Structures.VolumeOf(MachineMemoryBuilder.SystemVolume).Value;

    private FilterManagerBuilder Structures => kernel.Windows.FilterManager;

    /// <summary>Registers a minifilter.</summary>
    public NtStatus Register(ulong driverObject, ulong registration, ulong caller, out ulong handle)
    {
        handle = 0;
        var version = _memory.ReadUInt16(registration + 2);
        if (version >> 8 != 2)
        {
            return NtStatus.InvalidParameter;
        }

        var owner = kernel.Objects.Find(driverObject)?.State as LoadedDriver ?? kernel.Drivers.At(caller);
        var altitude = AltitudeOf(owner);
        var unload = _memory.ReadUInt64(registration + FilterLayout.RegistrationUnload);
        var operations = ReadOperations(_memory.ReadUInt64(registration + FilterLayout.RegistrationOperations));
        var filter = new MiniFilter(driverObject, owner, altitude)
        {
            Operations = operations,
            Unload = unload,
            Setup = _memory.ReadUInt64(registration + FilterLayout.RegistrationSetup),
            TeardownStart = _memory.ReadUInt64(registration + FilterLayout.RegistrationTeardownStart),
            TeardownComplete = _memory.ReadUInt64(registration + FilterLayout.RegistrationTeardownComplete),
        };
        FilterContexts.ReadRegistrations(_memory, filter, _memory.ReadUInt64(registration + FilterLayout.RegistrationContexts));
        filter.Handle = handle = Structures.Register(
            new VirtualAddress(driverObject),
            new VirtualAddress(unload),
            Path.GetFileNameWithoutExtension(owner?.Name ?? string.Empty),
            altitude.ToString(),
            operations.Select(operation => (operation.Key, new VirtualAddress(operation.Value.Pre), new VirtualAddress(operation.Value.Post)))).Value;
        _filters.Add(filter);
        _filters.Sort((left, right) => right.Altitude.CompareTo(left.Altitude));
        return NtStatus.Success;
    }

    /// <summary>The minifilter that a driver knows by a handle, or null.</summary>
    public MiniFilter? Find(ulong handle) => _filters.Find(filter => filter.Handle == handle);

    /// <summary>The minifilter of an instance, or null.</summary>
    public MiniFilter? FindInstance(ulong instance) => instance == 0 ? null : _filters.Find(filter => filter.Instance == instance);

    /// <summary>The minifilter of a driver, or null.</summary>
    public MiniFilter? FindOwner(LoadedDriver driver) => _filters.Find(filter => filter.Owner == driver);

    /// <summary>Attaches a minifilter to the volume, if its setup routine agrees.</summary>
    public NtStatus Start(MiniFilter filter)
    {
        const ulong AutomaticAttachment = 1;
        const ulong DiskFileSystem = 8;
        const ulong Ntfs = 2;
        if (filter.IsAttached)
        {
            return NtStatus.Success;
        }

        filter.Instance = Structures.Attach(new VirtualAddress(filter.Handle), MachineMemoryBuilder.SystemVolume).Value;
        if (filter.Setup != 0)
        {
            var related = Related(filter, 0);
            var status = (NtStatus)(uint)kernel.Verifier.CallDriver("the instance setup routine", filter.Setup, related, AutomaticAttachment, DiskFileSystem, Ntfs);
            kernel.Pool.Free(related);
            if ((int)status < 0)
            {
                Detach(filter);
                return NtStatus.Success;
            }
        }

        filter.IsAttached = true;
        return NtStatus.Success;
    }

    /// <summary>Takes a minifilter away: tears its instance down and frees its contexts.</summary>
    public void Unregister(MiniFilter filter)
    {
        if (filter.IsAttached)
        {
            filter.IsAttached = false;
            foreach (var routine in (ReadOnlySpan<ulong>)[filter.TeardownStart, filter.TeardownComplete])
            {
                if (routine != 0)
                {
                    var related = Related(filter, 0);
                    kernel.Verifier.CallDriver("an instance teardown routine", routine, related, 4);
                    kernel.Pool.Free(related);
                }
            }
        }

        Detach(filter);
        _filters.Remove(filter);
        Structures.Unregister(new VirtualAddress(filter.Handle));
    }

    private void Detach(MiniFilter filter)
    {
        if (filter.Instance != 0)
        {
            Contexts.DeleteAll(filter);
            Structures.Detach(new VirtualAddress(filter.Handle), new VirtualAddress(filter.Instance), MachineMemoryBuilder.SystemVolume);
            filter.Instance = 0;
        }
    }

    /// <summary>Makes FLT_RELATED_OBJECTS; the caller frees them.</summary>
    public ulong Related(MiniFilter filter, ulong file)
    {
        var related = kernel.Pool.Allocate(FilterLayout.RelatedBytes, "FMro");
        _memory.WriteUInt16(related, (ushort)FilterLayout.RelatedBytes);
        _memory.WriteUInt64(related + FilterLayout.RelatedFilter, filter.Handle);
        _memory.WriteUInt64(related + FilterLayout.RelatedVolume, Volume);
        _memory.WriteUInt64(related + FilterLayout.RelatedInstance, filter.Instance);
        _memory.WriteUInt64(related + FilterLayout.RelatedFile, file);
        return related;
    }

    private Dictionary<byte, (ulong Pre, ulong Post)> ReadOperations(ulong list)
    {
        const byte End = 0x80;
        var operations = new Dictionary<byte, (ulong Pre, ulong Post)>();
        for (var i = 0UL; list != 0 && i < 64 && _memory.ReadByte(list + (i * 0x20)) is var major && major != End; i++)
        {
            operations[major] = (_memory.ReadUInt64(list + (i * 0x20) + 8), _memory.ReadUInt64(list + (i * 0x20) + 0x10));
        }

        return operations;
    }

    // The altitude stands where a driver's .inf puts it: Services\NAME\Instances\INSTANCE, value Altitude.
    private Altitude AltitudeOf(LoadedDriver? owner)
    {
        const int First = 370_000;
        var service = kernel.Hive.Find(@"\REGISTRY\MACHINE\SYSTEM\CurrentControlSet\Services\" + Path.GetFileNameWithoutExtension(owner?.Name ?? string.Empty) + @"\Instances");
        foreach (var instance in service?.Keys.Values ?? Enumerable.Empty<Registry.RegistryKey>())
        {
            if (instance.Values.TryGetValue("Altitude", out var value)
                && Altitude.TryParse(System.Text.Encoding.Unicode.GetString(value.Bytes).TrimEnd('\0'), out var altitude))
            {
                return altitude;
            }
        }

        return new Altitude(First - _filters.Count);
    }
}
