using NtScope.Kernel;
using NtScope.Reports;

namespace NtScope.Callbacks;

/// <summary>
/// The filter manager's filters with their altitudes, instances and operations (fltmgr!FltGlobals, _FLTP_FRAME, _FLT_FILTER, _FLT_INSTANCE). Its
/// layouts are in its own symbol file; without one nothing is guessed.
/// </summary>
internal static class MinifilterCallbacks
{
    private const byte LastOperation = 0x80;
    private const int Operations = 64;

    /// <summary>Instances of a filter that are named; one for each volume.</summary>
    private const int Instances = 64;

    /// <summary>Adds a row for each operation that a filter watches.</summary>
    public static void Collect(CallbackCollector collector)
    {
        if (collector.Context.Target.ModuleNamed("fltmgr") is not { } module)
        {
            return;
        }

        if (collector.Context.InModule(module) is not { } context || context.Find("FltGlobals") is not { } globals)
        {
            collector.Context.Note("Minifilters are not listed: the filter manager's symbols and layouts are not at hand; a symbol file for fltmgr would give them.");
            return;
        }

        if (context.At("_GLOBALS", globals).AddressOf("FrameList.rList") is not { } frames || context.OffsetOf("_FLTP_FRAME", "Links") is not { } frameLink)
        {
            return;
        }

        var slot = 0;
        foreach (var frame in Walk(collector, frames))
        {
            if (context.At("_FLTP_FRAME", frame - frameLink).AddressOf("RegisteredFilters.rList") is not { } filters
                || context.OffsetOf("_FLT_FILTER", "Base.PrimaryLink") is not { } filterLink)
            {
                return;
            }

            foreach (var filter in Walk(collector, filters))
            {
                if (slot >= Limits.Callbacks)
                {
                    collector.Context.Note($"The filter manager's lists go on past {Limits.Callbacks} filters.");
                    return;
                }

                ReadFilter(collector, context, filter - filterLink, slot++);
            }
        }
    }

    private static void ReadFilter(CallbackCollector collector, KernelContext context, VirtualAddress address, int slot)
    {
        var findings = new List<Finding>();
        var filter = context.At("_FLT_FILTER", address, findings);
        var detail = $"{filter.Text("Name")}, altitude {filter.Text("DefaultAltitude")}{InstancesOf(collector, context, filter)}";
        var operation = filter.Pointer("Operations") ?? default;
        var size = context.SizeOf("_FLT_OPERATION_REGISTRATION");
        for (var i = 0; !operation.IsZero && size > 0 && i < Operations; i++, operation += size)
        {
            var view = context.At("_FLT_OPERATION_REGISTRATION", operation, findings);
            if (view.Number("MajorFunction") is not { } function || function == LastOperation)
            {
                break;
            }

            var name = MajorFunction.NameOf((byte)function);
            if (view.Pointer("PreOperation") is { IsZero: false } before)
            {
                collector.Add(CallbackKinds.Minifilter, slot, before, $"pre {name}, {detail}", findings);
            }

            if (view.Pointer("PostOperation") is { IsZero: false } after)
            {
                collector.Add(CallbackKinds.Minifilter, slot, after, $"post {name}, {detail}", findings);
            }
        }

        if (filter.Pointer("FilterUnload") is { IsZero: false } unload)
        {
            collector.Add(CallbackKinds.Minifilter, slot, unload, $"unload, {detail}", findings);
        }
    }

    private static string InstancesOf(CallbackCollector collector, KernelContext context, StructureView filter)
    {
        if (filter.AddressOf("InstanceList.rList") is not { } head || context.OffsetOf("_FLT_INSTANCE", "FilterLink") is not { } link)
        {
            return string.Empty;
        }

        var instances = Walk(collector, head).Take(Instances).Select(entry =>
        {
            var instance = context.At("_FLT_INSTANCE", entry - link);
            var volume = instance.Pointer("Volume") is { IsZero: false } on ? context.At("_FLT_VOLUME", on).Text("DeviceName") : null;
            return $"{instance.Text("Name")} at {instance.Text("Altitude")}{(volume is null ? string.Empty : " on " + volume)}";
        });
        return string.Concat(instances.Select(instance => "; instance " + instance));
    }

    private static IReadOnlyList<VirtualAddress> Walk(CallbackCollector collector, VirtualAddress head)
    {
        var walk = ListWalk.Read(collector.Context.Memory, head, Limits.Callbacks);
        if (walk.Problem is { } problem)
        {
            collector.Context.Note($"minifilters: {problem}");
        }

        return walk.Links;
    }
}
