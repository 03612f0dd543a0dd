using NtScope.Kernel.Processes;
using NtScope.Reports;

namespace NtScope.Kernel.Modules;

/// <summary>Lists the modules of a target, and of a machine those that were unloaded lately and those that were taken out of its list.</summary>
public static class ModuleAnalyser
{
    /// <summary>Slots of nt!MmUnloadedDrivers (MI_UNLOADED_DRIVERS).</summary>
    private const int UnloadedSlots = 50;

    /// <summary>All modules in load order, then those that only a scan shows, then the unloaded ones in the order of their slots.</summary>
    /// <param name="target">The target.</param>
    /// <param name="scan">How to look for modules that are not in the list; null not to look, which is what takes time.</param>
    public static Report<ModuleRow> Analyse(Target target, SurveyOptions? scan = null)
    {
        var rows = target.Modules.Select(module => RowOf(module, isMapped: target.Kind != TargetKind.KnownBuild)).ToList();
        var notes = target.Notes;
        if (target.Kind is TargetKind.Capture or TargetKind.Lab or TargetKind.Live && target.Types is not null && target.Modules is [{ Base: not null }, ..])
        {
            var context = new KernelContext(target, scan?.Cancellation ?? default);
            if (scan is not null)
            {
                rows.AddRange(HiddenModules.Find(context, scan));
            }

            rows.AddRange(ReadUnloaded(context));
            notes = context.Notes;
        }

        return new Report<ModuleRow>(ModuleRow.Schema, target.Summary, rows, notes);
    }

    private static ModuleRow RowOf(Module module, bool isMapped)
    {
        var findings = new List<Finding>();
        if (isMapped && module.Image is null)
        {
            findings.Add(new Finding("headers-unreadable", "The image's headers cannot be read"));
        }

        return new ModuleRow(module.Name, module.Path, module.Base, module.Size, module.Pdb?.ToString(), module.Image?.TimeDateStamp, [SightingSources.List], null, findings);
    }

    /// <summary>Reads _UNLOADED_DRIVERS: name, first and last address, time of unloading.</summary>
    private static IEnumerable<ModuleRow> ReadUnloaded(KernelContext context)
    {
        if (context.Find("MmUnloadedDrivers") is null)
        {
            context.Note("Unloaded modules are not listed: nt!MmUnloadedDrivers is not known for this kernel.");
            yield break;
        }

        if (context.FindPointer("MmUnloadedDrivers") is not { } slots)
        {
            yield break;
        }

        var pointer = context.PointerSize;
        var slotSize = 4 * pointer + sizeof(ulong);
        for (uint slot = 0; slot < UnloadedSlots; slot++)
        {
            var address = slots + slot * slotSize;
            if (context.ReadPointer(address + 2 * pointer) is not { IsZero: false } first || context.ReadPointer(address + 3 * pointer) is not { } end || end < first)
            {
                continue;
            }

            var name = KernelText.ReadCounted(context.Memory, address, out _) ?? string.Empty;
            var time = context.Memory.TryReadUInt64(address + 4 * pointer, out var unloaded, out _) ? KernelText.Time(unloaded) : null;
            yield return new ModuleRow(
                System.IO.Path.GetFileNameWithoutExtension(name),
                name,
                first,
                (long)(end - first),
                null,
                null,
                [],
                time ?? "at an unknown time",
                []);
        }
    }
}
