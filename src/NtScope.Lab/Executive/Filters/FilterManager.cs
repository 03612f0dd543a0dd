using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Modules;

namespace NtScope.Lab.Executive.Filters;

/// <summary>Minifilters in the order of their altitudes.</summary>
internal sealed class FilterManager(LabKernel kernel)
{
    private readonly GuestMemory _memory = kernel.Memory;
    private readonly List<MiniFilter> _filters = [];
    private ulong _volume;

    /// <summary>The registered minifilters, the highest altitude first.</summary>
    public IReadOnlyList<MiniFilter> All => _filters;

    /// <summary>Contexts of minifilters.</summary>
    public FilterContexts Contexts { get; } = new(kernel);

    /// <summary>How operations pass the minifilters.</summary>
    public OperationCallbacks Callbacks { get; } = new(kernel);

    /// <summary>Communication ports of minifilters.</summary>
    public FilterPorts Ports { get; } = new(kernel);

    /// <summary>The volume (PFLT_VOLUME).</summary>
    public ulong Volume => _volume != 0 ? _volume : _volume = kernel.Pool.Allocate(0x40, "FMvo");

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
        handle = kernel.Pool.Allocate(0x40, "FMfi");
        var filter = new MiniFilter(handle, kernel.Pool.Allocate(0x40, "FMin"), driverObject, owner, AltitudeOf(owner))
        {
            Unload = _memory.ReadUInt64(registration + FilterLayout.RegistrationUnload),
            Setup = _memory.ReadUInt64(registration + FilterLayout.RegistrationSetup),
            TeardownStart = _memory.ReadUInt64(registration + FilterLayout.RegistrationTeardownStart),
            TeardownComplete = _memory.ReadUInt64(registration + FilterLayout.RegistrationTeardownComplete),
        };
        ReadOperations(filter, _memory.ReadUInt64(registration + FilterLayout.RegistrationOperations));
        FilterContexts.ReadRegistrations(_memory, filter, _memory.ReadUInt64(registration + FilterLayout.RegistrationContexts));
        _filters.Add(filter);
        _filters.Sort((left, right) => right.Altitude.CompareTo(left.Altitude));
        return NtStatus.Success;
    }

    /// <summary>The minifilter that a driver knows by a handle, or null.</summary>
    public MiniFilter? Find(ulong handle) => _filters.Find(filter => filter.Handle == handle);

    /// <summary>The minifilter of an instance, or null.</summary>
    public MiniFilter? FindInstance(ulong instance) => _filters.Find(filter => filter.Instance == instance);

    /// <summary>The minifilter of a driver, or null.</summary>
    public MiniFilter? FindOwner(LoadedDriver driver) => _filters.Find(filter => filter.Owner == driver);

    /// <summary>Attaches a minifilter to the volume, if its setup routine agrees.</summary>
    public NtStatus Start(MiniFilter filter)
    {
        const ulong AutomaticAttachment = 1;
        const ulong DiskFileSystem = 8;
        const ulong Ntfs = 2;
        if (filter.Setup != 0)
        {
            var related = Related(filter, 0);
            var status = (NtStatus)(uint)kernel.Verifier.CallDriver("the instance setup routine", filter.Setup, related, AutomaticAttachment, DiskFileSystem, Ntfs);
            kernel.Pool.Free(related);
            if ((int)status < 0)
            {
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

        Contexts.DeleteAll(filter);
        _filters.Remove(filter);
        kernel.Pool.Free(filter.Instance);
        kernel.Pool.Free(filter.Handle);
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

    private void ReadOperations(MiniFilter filter, ulong operations)
    {
        const byte End = 0x80;
        for (var i = 0UL; operations != 0 && i < 64 && _memory.ReadByte(operations + (i * 0x20)) is var major && major != End; i++)
        {
            filter.Operations[major] = (_memory.ReadUInt64(operations + (i * 0x20) + 8), _memory.ReadUInt64(operations + (i * 0x20) + 0x10));
        }
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
