using System.Text;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Callbacks;
using NtScope.Lab.Registry;

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
        if (AltitudeOf(owner) is not { } altitude)
        {
            return NtStatus.ObjectNameNotFound;
        }

        var unload = _memory.ReadUInt64(registration + FilterLayout.RegistrationUnload);
        var operations = ReadOperations(_memory.ReadUInt64(registration + FilterLayout.RegistrationOperations));
        var filter = new MiniFilter(driverObject, owner, altitude)
        {
            Operations = operations,
            Origin = kernel.Traces.Capture(),
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

    /// <summary>Takes a minifilter away: ends its clients' connections, tears its instance down and frees its contexts.</summary>
    public void Unregister(MiniFilter filter)
    {
        const ulong FilterUnload = 2;
        Ports.DisconnectAll(filter);
        if (filter.IsAttached)
        {
            filter.IsAttached = false;
            foreach (var routine in (ReadOnlySpan<ulong>)[filter.TeardownStart, filter.TeardownComplete])
            {
                if (routine != 0)
                {
                    var related = Related(filter, 0);
                    kernel.Verifier.CallDriver("an instance teardown routine", routine, related, FilterUnload);
                    kernel.Pool.Free(related);
                }
            }
        }

        WaitForReferences(filter);
        Detach(filter);
        Contexts.DeleteAll(filter);
        _filters.Remove(filter);
        Structures.Unregister(new VirtualAddress(filter.Handle));
    }

    /// <summary>Takes a reference to a minifilter, its instance or the volume.</summary>
    /// <returns>DeletingObject while the minifilter goes.</returns>
    public NtStatus Reference(ulong item)
    {
        if (item == Volume)
        {
            return NtStatus.Success;
        }

        var filter = Referenced(item, "FltObjectReference");
        filter.References += filter.ReferencesGone == 0 ? 1 : 0;
        return filter.ReferencesGone == 0 ? NtStatus.Success : NtStatus.FltDeletingObject;
    }

    /// <summary>Gives a reference back.</summary>
    public void Dereference(ulong item)
    {
        if (item == Volume)
        {
            return;
        }

        var filter = Referenced(item, "FltObjectDereference");
        if (filter.References == 0)
        {
            kernel.Verifier.Report("bad-object", $"0x{item:x} is dereferenced more often than it was referenced", "FltObjectDereference");
            return;
        }

        if (--filter.References == 0 && filter.ReferencesGone != 0)
        {
            kernel.Dispatcher.Signal(filter.ReferencesGone, 1);
        }
    }

    private MiniFilter Referenced(ulong item, string routine) => Find(item) ?? FindInstance(item)
        ?? throw kernel.Stop("bad-object", $"0x{item:x} is used as a minifilter, an instance or a volume and is none, or no longer", routine);

    // Windows waits for ever. Here time passes for whoever may still give references back.
    private void WaitForReferences(MiniFilter filter)
    {
        const long Minute = -60L * 10_000_000;
        if (filter.References == 0)
        {
            return;
        }

        filter.ReferencesGone = kernel.Pool.Allocate(0x18, "FMrf");
        kernel.Dispatcher.InitializeEvent(filter.ReferencesGone);
        if (kernel.Dispatcher.WaitFor([filter.ReferencesGone], all: false, Minute) == NtStatus.Timeout && filter.Owner is { } owner)
        {
            kernel.Verifier.ReportLeft(
                "object-leak", $"{filter.References} references to the minifilter or its instance are not given back (FltObjectDereference): FltUnregisterFilter would wait for ever",
                owner, filter.Origin);
        }

        kernel.Pool.Free(filter.ReferencesGone);
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

    private Dictionary<byte, FilteredOperation> ReadOperations(ulong list)
    {
        const byte End = 0x80;
        var operations = new Dictionary<byte, FilteredOperation>();
        for (var i = 0UL; list != 0 && i < 64 && _memory.ReadByte(list + (i * 0x20)) is var major && major != End; i++)
        {
            var entry = list + (i * 0x20);
            operations[major] = new FilteredOperation(_memory.ReadUInt32(entry + 4), _memory.ReadUInt64(entry + 8), _memory.ReadUInt64(entry + 0x10));
        }

        return operations;
    }

    // The altitude stands where a driver's .inf puts it: Services\NAME\Instances\INSTANCE, value Altitude. A driver that was loaded without one is given what an .inf would write.
    private Altitude? AltitudeOf(LoadedDriver? owner)
    {
        const int First = 370_000;
        const uint Text = 1;
        var service = @"\REGISTRY\MACHINE\SYSTEM\CurrentControlSet\Services\" + Path.GetFileNameWithoutExtension(owner?.Name ?? string.Empty);
        if (kernel.Hive.Find(service + @"\Instances") is not { } instances)
        {
            var given = new Altitude(First - _filters.Count);
            if (kernel.Hive.Create(service + @"\Instances\Default") is { } made)
            {
                kernel.Hive.Set(made.Parent!, "DefaultInstance", new RegistryData(Text, Encoding.Unicode.GetBytes("Default\0")));
                kernel.Hive.Set(made, "Altitude", new RegistryData(Text, Encoding.Unicode.GetBytes(given + "\0")));
            }

            return given;
        }

        var name = TextOf(instances, "DefaultInstance");
        foreach (var instance in instances.Keys.Values.OrderByDescending(key => string.Equals(key.Name, name, StringComparison.OrdinalIgnoreCase)))
        {
            if (Altitude.TryParse(TextOf(instance, "Altitude"), out var altitude))
            {
                return altitude;
            }
        }

        return null;
    }

    private static string TextOf(RegistryKey key, string value) =>
        key.Values.TryGetValue(value, out var data) ? Encoding.Unicode.GetString(data.Bytes).TrimEnd('\0') : string.Empty;
}
