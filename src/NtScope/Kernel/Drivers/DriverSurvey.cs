using NtScope.Kernel.Objects;
using NtScope.Kernel.Pool;
using NtScope.Kernel.Processes;

namespace NtScope.Kernel.Drivers;

/// <summary>
/// All driver objects that any of several ways shows: the object namespace, the devices of the namespace, a scan of the pool. One that the namespace
/// does not show has been taken out of it.
/// </summary>
internal sealed class DriverSurvey
{
    private const ulong DriverType = 4;

    private readonly KernelContext _context;
    private readonly ObjectManager _objects;
    private readonly Dictionary<VirtualAddress, Sighting> _drivers = [];

    private DriverSurvey(KernelContext context, ObjectManager objects)
    {
        _context = context;
        _objects = objects;
    }

    /// <summary>The drivers.</summary>
    public IReadOnlyCollection<Sighting> Drivers => _drivers.Values;

    /// <summary>Looks for driver objects.</summary>
    /// <param name="context">The kernel.</param>
    /// <param name="objects">Its objects.</param>
    /// <param name="space">The namespace.</param>
    /// <param name="options">How to look.</param>
    public static DriverSurvey Take(KernelContext context, ObjectManager objects, ObjectNamespace space, SurveyOptions options)
    {
        var survey = new DriverSurvey(context, objects);
        foreach (var entry in space.Entries)
        {
            if (string.Equals(entry.TypeName, "Driver", StringComparison.Ordinal))
            {
                survey.See(entry.Object, SightingSources.Namespace);
            }
        }

        foreach (var entry in space.Entries)
        {
            if (string.Equals(entry.TypeName, "Device", StringComparison.Ordinal)
                && context.At("_DEVICE_OBJECT", entry.Object).Pointer("DriverObject") is { IsZero: false } driver && survey.IsDriver(driver))
            {
                survey.See(driver, SightingSources.Devices);
            }
        }

        if (options.ScanPool)
        {
            survey.ScanPool(options);
        }

        return survey;
    }

    // Freed memory keeps its bytes; an object that lives is counted.
    private bool IsDriver(VirtualAddress address) =>
        _context.At("_DRIVER_OBJECT", address).Number("Type") is { } type && (ushort)type == DriverType
        && _context.At("_OBJECT_HEADER", _objects.HeaderOf(address)).Number("PointerCount") is > 0
        && string.Equals(_objects.TypeNameOf(address), "Driver", StringComparison.Ordinal);

    private void ScanPool(SurveyOptions options)
    {
        if (_context.Target.Physical is not { } physical)
        {
            _context.Note("The pool was not scanned: this target shows no physical memory.");
            return;
        }

        if (PoolObjectFinder.ForDrivers(_context) is not { } finder)
        {
            return;
        }

        PoolScanner.Scan(
            physical,
            _context.Types.PointerSize,
            [PoolTag.Driver],
            (hit, page) =>
            {
                if (finder.Find(hit, page) is { } address && (_drivers.ContainsKey(address) || IsDriver(address)))
                {
                    See(address, SightingSources.Pool);
                }
            },
            options.Progress,
            options.Cancellation);
    }

    private void See(VirtualAddress address, string source)
    {
        if (!_drivers.TryGetValue(address, out var sighting))
        {
            if (_drivers.Count >= Limits.Drivers)
            {
                _context.Note($"Only {Limits.Drivers} drivers are listed; there are more.");
                return;
            }

            sighting = new Sighting(address);
            _drivers.Add(address, sighting);
        }

        sighting.Add(source);
    }
}
