namespace NtScope.Testing.Kernel;

/// <summary>An object namespace of a <see cref="FakeKernel"/>.</summary>
public sealed class FakeNamespace
{
    private readonly FakeKernel _kernel;

    /// <summary>A root with the directories that every system has.</summary>
    public FakeNamespace(FakeKernel kernel)
    {
        _kernel = kernel;
        Root = kernel.CreateObject("Directory", "_OBJECT_DIRECTORY", @"\");
        kernel.WritePointer(kernel.Symbol("ObpRootDirectoryObject"), Root);
        Device = AddDirectory("Device", Root);
        Driver = AddDirectory("Driver", Root);
        Global = AddDirectory("GLOBAL??", Root);
    }

    /// <summary>The root.</summary>
    public VirtualAddress Root { get; }

    /// <summary><c>\Device</c>.</summary>
    public VirtualAddress Device { get; }

    /// <summary><c>\Driver</c>.</summary>
    public VirtualAddress Driver { get; }

    /// <summary><c>\GLOBAL??</c>.</summary>
    public VirtualAddress Global { get; }

    /// <summary>Adds a directory.</summary>
    public VirtualAddress AddDirectory(string name, VirtualAddress parent) => _kernel.CreateObject("Directory", "_OBJECT_DIRECTORY", name, parent);

    /// <summary>Adds a symbolic link.</summary>
    public VirtualAddress AddLink(string name, VirtualAddress parent, string target)
    {
        var link = _kernel.CreateObject("SymbolicLink", "_OBJECT_SYMBOLIC_LINK", name, parent);
        _kernel.WriteText(link + _kernel.OffsetOf("_OBJECT_SYMBOLIC_LINK", "LinkTarget"), target);
        return link;
    }

    /// <summary>Adds a driver whose dispatch routines all are one.</summary>
    public VirtualAddress AddDriver(string name, Module module, VirtualAddress routine)
    {
        var driver = _kernel.CreateObject("Driver", "_DRIVER_OBJECT", name, Driver, "Driv");
        _kernel.WritePointer(driver + _kernel.OffsetOf("_DRIVER_OBJECT", "DriverStart"), module.Base!.Value);
        _kernel.WriteNumber(driver + _kernel.OffsetOf("_DRIVER_OBJECT", "DriverSize"), module.Size);
        _kernel.WriteText(driver + _kernel.OffsetOf("_DRIVER_OBJECT", "DriverName"), @"\Driver\" + name);
        for (uint function = 0; function < 28; function++)
        {
            SetDispatch(driver, function, routine);
        }

        return driver;
    }

    /// <summary>Sets one dispatch routine.</summary>
    public void SetDispatch(VirtualAddress driver, uint function, VirtualAddress routine) =>
        _kernel.WritePointer(driver + _kernel.OffsetOf("_DRIVER_OBJECT", "MajorFunction") + function * 8, routine);

    /// <summary>Adds a device to a driver, attached above another if one is given.</summary>
    public VirtualAddress AddDevice(VirtualAddress driver, string? name, VirtualAddress below = default)
    {
        var device = _kernel.CreateObject("Device", "_DEVICE_OBJECT", name, name is null ? default : Device, "Devi");
        var first = driver + _kernel.OffsetOf("_DRIVER_OBJECT", "DeviceObject");
        _kernel.WritePointer(device + _kernel.OffsetOf("_DEVICE_OBJECT", "DriverObject"), driver);
        _kernel.WritePointer(device + _kernel.OffsetOf("_DEVICE_OBJECT", "NextDevice"), _kernel.ReadPointer(first));
        _kernel.WritePointer(first, device);
        if (!below.IsZero)
        {
            _kernel.WritePointer(below + _kernel.OffsetOf("_DEVICE_OBJECT", "AttachedDevice"), device);
        }

        return device;
    }
}
