using System.Collections;
using NtScope.Knowledge;
using NtScope.Lab.Machine.Images;

namespace NtScope.Lab.Machine.Kernel;

/// <summary>The service table of a kernel that the lab builds: names by index, and where each routine and the table's parts are.</summary>
public sealed class LabServiceTable : IReadOnlyList<KnownService>
{
    private const uint FirstTable = 0x2000;
    private const uint LeastRoom = 0x40;
    private const uint Alignment = 0x10;
    private const uint PageSize = 0x1000;

    private readonly KnownService[] _services;
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);

    private LabServiceTable(KnownService[] services, uint tableRva, uint limitRva, uint argumentTableRva)
    {
        _services = services;
        TableRva = tableRva;
        LimitRva = limitRva;
        ArgumentTableRva = argumentTableRva;
        foreach (var service in services)
        {
            _indices.TryAdd(service.Name, service.Index);
        }
    }

    /// <summary>Where <c>KiServiceTable</c> is, in bytes from the kernel's base.</summary>
    public uint TableRva { get; }

    /// <summary>Where <c>KiServiceLimit</c> is, in bytes from the kernel's base.</summary>
    public uint LimitRva { get; }

    /// <summary>Where <c>KiArgumentTable</c> is, in bytes from the kernel's base.</summary>
    public uint ArgumentTableRva { get; }

    /// <inheritdoc/>
    public int Count => _services.Length;

    /// <inheritdoc/>
    public KnownService this[int index] => _services[index];

    /// <summary>The table of a real kernel.</summary>
    public static LabServiceTable Of(KnownServiceTable known) => new([.. known], known.TableRva, known.LimitRva, known.ArgumentTableRva);

    /// <summary>A table as published of a build, whose routines the lab places: names in a fixed order of their own, not that of the table.</summary>
    public static LabServiceTable LayOut(PublishedTable published)
    {
        var names = new SortedDictionary<int, string>();
        foreach (var service in published.Services)
        {
            names.TryAdd(service.Index, service.Name);
        }

        var rvas = new uint[names.Count];
        var limit = FirstTable + (uint)names.Count * sizeof(uint);
        var arguments = limit + sizeof(uint);
        var next = (arguments + (uint)names.Count + PageSize - 1) & ~(PageSize - 1);
        foreach (var (index, name) in names.OrderBy(service => RoutineBytes.Hash(service.Value)))
        {
            rvas[index] = next;
            next += LeastRoom + RoutineBytes.Hash(name) % 8 * Alignment;
        }

        return new LabServiceTable([.. names.Select(service => new KnownService(service.Key, service.Value, rvas[service.Key]))], FirstTable, limit, arguments);
    }

    /// <summary>Where the routine of a service is, in bytes from the kernel's base.</summary>
    public uint RvaOf(int index) => _services[index].Rva;

    /// <summary>Finds a service's number by its exact name.</summary>
    public bool TryGetIndex(string name, out int index) => _indices.TryGetValue(name, out index);

    /// <inheritdoc/>
    public IEnumerator<KnownService> GetEnumerator() => ((IEnumerable<KnownService>)_services).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
