using System.Globalization;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Modules;

/// <summary>The images in the machine's memory.</summary>
internal sealed class DriverList(TrapTable traps)
{
    private readonly List<LoadedDriver> _drivers = [];
    private LoadedDriver? _last;

    /// <summary>The images in the order of loading.</summary>
    public IReadOnlyList<LoadedDriver> All => _drivers;

    /// <summary>Adds an image.</summary>
    public void Add(LoadedDriver driver) => _drivers.Add(driver);

    /// <summary>Takes an image out.</summary>
    public void Remove(LoadedDriver driver)
    {
        _drivers.Remove(driver);
        _last = null;
    }

    /// <summary>The image that covers an address, or null.</summary>
    public LoadedDriver? At(ulong address)
    {
        if (_last is { } last && address - last.Base < last.Region.Size)
        {
            return last;
        }

        foreach (var driver in _drivers)
        {
            if (address - driver.Base < driver.Region.Size)
            {
                return _last = driver;
            }
        }

        return null;
    }

    /// <summary>An address as debuggers write it: <c>zero!ZeroRead+0x1c</c>.</summary>
    public string Describe(ulong address)
    {
        if (At(address) is not { } driver)
        {
            return traps.EntryAt(address) is { } entry ? "nt!" + entry.Name : "0x" + address.ToString("x", CultureInfo.InvariantCulture);
        }

        var name = Path.GetFileNameWithoutExtension(driver.Name);
        var rva = (uint)(address - driver.Base);
        if (driver.Symbols is { } symbols && symbols.TryGetNearest(rva, out var symbol))
        {
            var distance = rva - symbol.Rva;
            return distance == 0 ? $"{name}!{symbol.Name}" : $"{name}!{symbol.Name}+0x{distance:x}";
        }

        return $"{name}+0x{rva:x}";
    }
}
