using NtScope.Kernel.Objects;
using NtScope.Kernel.Processes;
using NtScope.Reports;

namespace NtScope.Kernel.Drivers;

/// <summary>Lists driver objects, cross-viewed, with their dispatch tables and the module each entry leads into, and their devices.</summary>
public static class DriverAnalyser
{
    /// <summary>All driver objects, by name.</summary>
    /// <param name="target">A machine's memory.</param>
    /// <param name="options">How to look for them.</param>
    /// <exception cref="InputException">The target has no kernel or layouts.</exception>
    public static Report<DriverRow> Analyse(Target target, SurveyOptions? options = null)
    {
        var context = new KernelContext(target, options?.Cancellation ?? default);
        var objects = new ObjectManager(context);
        var space = new ObjectNamespace(context, objects);
        var drivers = DriverSurvey.Take(context, objects, space, options ?? new SurveyOptions()).Drivers;
        if (!drivers.Any(driver => driver.IsListed))
        {
            context.Note("No driver object was found in the object namespace.");
        }

        var entries = new Dictionary<VirtualAddress, NamespaceEntry>();
        foreach (var entry in space.Entries)
        {
            entries.TryAdd(entry.Object, entry);
        }

        var devices = new DeviceReader(context, entries.ToDictionary(entry => entry.Key, entry => entry.Value.Path));
        var rows = drivers
            .Select(driver => RowOf(context, devices, driver, entries.GetValueOrDefault(driver.Address)))
            .OrderBy(row => row.Name, StringComparer.OrdinalIgnoreCase).ThenBy(row => row.Object)
            .ToList();
        return new Report<DriverRow>(DriverRow.Schema, target.Summary, rows, context.Notes);
    }

    private static DriverRow RowOf(KernelContext context, DeviceReader devices, Sighting sighting, NamespaceEntry? entry)
    {
        var findings = new List<Finding>(entry?.Findings ?? []);
        var driver = context.At("_DRIVER_OBJECT", sighting.Address, findings);
        if (!sighting.IsListed)
        {
            findings.Add(new Finding(FindingKinds.Unlinked, $"The driver object is not in the object namespace; seen by {string.Join(", ", sighting.SeenBy)}"));
        }

        var start = driver.Pointer("DriverStart");
        var module = start is { IsZero: false } address ? context.Target.ModuleAt(address) : null;
        if (start is { IsZero: false } image && context.IsOutsideModules(image))
        {
            findings.Add(new Finding("module-not-loaded", "No loaded module begins where the driver object says that its image does"));
        }

        return new DriverRow(
            entry?.Path ?? (driver.Text("DriverName") is { Length: > 0 } own ? own : sighting.Address.ToString()),
            sighting.Address,
            module?.Name,
            start,
            (long?)driver.Number("DriverSize"),
            driver.Pointer("DriverInit"),
            driver.Pointer("DriverUnload") is { IsZero: false } unload ? unload : null,
            devices.DevicesOf(driver, findings),
            ReadDispatch(context, driver, findings),
            sighting.SeenBy,
            findings);
    }

    private static List<DispatchRow> ReadDispatch(KernelContext context, StructureView driver, List<Finding> driverFindings)
    {
        var rows = new List<DispatchRow>();
        if (driver.AddressOf("MajorFunction") is not { } table)
        {
            return rows;
        }

        for (var function = 0; function < MajorFunction.Count; function++)
        {
            var findings = new List<Finding>();
            var name = MajorFunction.NameOf((byte)function);
            if (!context.Memory.TryReadPointer(table + (uint)function * context.PointerSize, out var routine, out var fault))
            {
                findings.Add(new Finding(FindingKinds.Unreadable, $"The entry cannot be read: {fault}"));
                rows.Add(new DispatchRow(name, null, null, null, findings));
                continue;
            }

            var owner = context.OwnerOf(routine);
            if (!routine.IsZero && context.IsOutsideModules(routine))
            {
                findings.Add(new Finding(FindingKinds.OutsideModules, "The routine lies outside every loaded module"));
                driverFindings.Add(new Finding("dispatch-outside-modules", $"{name} leads to {routine}, outside every loaded module"));
            }

            rows.Add(new DispatchRow(name, routine, owner.Module?.Name, owner.Symbol, findings));
        }

        return rows;
    }
}
