using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Objects;

namespace NtScope.Lab.Machine.Modules;

/// <summary>Loads the lab's own drivers one behind the other: image, entry in the list of modules, driver object, devices.</summary>
internal sealed class DriverLoader
{
    private const ulong Spacing = 0x1_0000;

    private readonly MachineContext _context;
    private readonly ObjectManager _objects;
    private readonly ObjectNamespace _names;
    private readonly Func<LabImage, VirtualAddress> _enter;
    private readonly List<LabImage> _images = [];
    private readonly List<MachineDriver> _drivers = [];
    private VirtualAddress _next;

    /// <summary>Prepares to load drivers.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="objects">Its object manager.</param>
    /// <param name="names">Its namespace.</param>
    /// <param name="enter">Enters an image in the list of modules and gives its entry.</param>
    /// <param name="start">Where the first one goes.</param>
    public DriverLoader(MachineContext context, ObjectManager objects, ObjectNamespace names, Func<LabImage, VirtualAddress> enter, VirtualAddress start) =>
        (_context, _objects, _names, _enter, _next) = (context, objects, names, enter, start);

    /// <summary>The images of all that were loaded, in order.</summary>
    public IReadOnlyList<LabImage> Images => _images;

    /// <summary>The driver objects of those that have one.</summary>
    public IReadOnlyList<MachineDriver> Drivers => _drivers;

    /// <summary>Loads what a user's Windows loads when it starts. Two drivers are gone again.</summary>
    /// <param name="modules">The list that remembers those.</param>
    public void LoadUsual(ModuleList modules)
    {
        foreach (var plan in DriverPlan.All)
        {
            Load(plan);
        }

        var objects = new DriverObjects(_context, _objects, _names);
        objects.Attach(Find("kbdclass.sys"), Find("beep.sys"));
        objects.Attach(Find("volmgr.sys"), Find("disk.sys"));
        modules.AddUnloaded("dump_diskdump.sys", _next, 0xA000, LabClock.Boot + TimeSpan.FromSeconds(21).Ticks);
        modules.AddUnloaded("hwpolicy.sys", _next + Spacing, 0xD000, LabClock.Boot + TimeSpan.FromSeconds(34).Ticks);
    }

    /// <summary>Loads a driver behind the last one.</summary>
    public void Load(DriverPlan plan)
    {
        var image = DriverImageWriter.Write(_context, plan.Name, _next, plan.Size);
        var entry = _enter(image);
        _images.Add(image);
        if (plan.Object is not null)
        {
            _drivers.Add(new DriverObjects(_context, _objects, _names).Create(plan, image, entry));
        }

        _next = new VirtualAddress((_next + plan.Size + Spacing).Value & ~(Spacing - 1));
    }

    /// <summary>A loaded driver by its file name.</summary>
    public MachineDriver Find(string name) => _drivers.First(driver => driver.Image.Name == name);
}
