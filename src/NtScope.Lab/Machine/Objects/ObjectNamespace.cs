namespace NtScope.Lab.Machine.Objects;

/// <summary>The directories of the object namespace that every Windows has.</summary>
internal sealed class ObjectNamespace
{
    private const uint EventSize = 0x18;

    private readonly ObjectManager _objects;
    private readonly VirtualAddress _sessions;
    private readonly VirtualAddress _named;

    /// <summary>Creates them.</summary>
    public ObjectNamespace(ObjectManager objects)
    {
        _objects = objects;
        Device = objects.CreateDirectory(objects.Root, "Device");
        Driver = objects.CreateDirectory(objects.Root, "Driver");
        FileSystem = objects.CreateDirectory(objects.Root, "FileSystem");
        _sessions = objects.CreateDirectory(objects.Root, "Sessions");
        Global = objects.CreateDirectory(objects.Root, "GLOBAL??");
        foreach (var (name, target) in new[] { ("C:", @"\Device\HarddiskVolume1"), ("NUL", @"\Device\Null"), ("PhysicalDrive0", @"\Device\Harddisk0"), ("Global", @"\GLOBAL??") })
        {
            objects.CreateSymbolicLink(Global, name, target);
        }

        objects.CreateSymbolicLink(objects.Root, "DosDevices", @"\??");
        objects.CreateSymbolicLink(objects.Root, "SystemRoot", @"\Device\HarddiskVolume1\Windows");
        foreach (var name in new[] { "Callback", "KernelObjects", "KnownDlls", "NLS", "RPC Control", "Security", "ArcName" })
        {
            objects.CreateDirectory(objects.Root, name);
        }

        var named = _named = objects.CreateDirectory(objects.Root, "BaseNamedObjects");
        foreach (var name in new[] { "SvcctrlStartEvent_A3752DX", "WinlogonLogoff", "Global\\LabReady" })
        {
            objects.Create("Event", EventSize, name.Replace('\\', '_'), named);
        }

        objects.Create("Mutant", 0x38, "RasPbFile", named);
        var windows = objects.CreateDirectory(objects.Root, "Windows");
        ServiceWindowStations = objects.CreateDirectory(windows, "WindowStations");
    }

    /// <summary><c>\Device</c>.</summary>
    public VirtualAddress Device { get; }

    /// <summary><c>\GLOBAL??</c>, where the names of devices for users are.</summary>
    public VirtualAddress Global { get; }

    /// <summary><c>\Driver</c>.</summary>
    public VirtualAddress Driver { get; }

    /// <summary><c>\FileSystem</c>.</summary>
    public VirtualAddress FileSystem { get; }

    /// <summary><c>\Windows\WindowStations</c>, where session 0 has its window stations.</summary>
    public VirtualAddress ServiceWindowStations { get; }

    /// <summary>Creates an event in <c>\BaseNamedObjects</c>.</summary>
    public VirtualAddress CreateEvent(string name) => _objects.Create("Event", EventSize, name, _named);

    /// <summary>Creates <c>\Sessions\N</c> with what is in it.</summary>
    /// <returns>The directory of the session's window stations.</returns>
    public VirtualAddress CreateSession(uint number)
    {
        var session = _objects.CreateDirectory(_sessions, number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        _objects.CreateDirectory(session, "BaseNamedObjects");
        _objects.CreateDirectory(session, "DosDevices");
        return _objects.CreateDirectory(_objects.CreateDirectory(session, "Windows"), "WindowStations");
    }
}
