using System.Globalization;
using System.Text;
using NtScope.Callbacks.Filters;
using NtScope.Kernel;
using NtScope.Reports;

namespace NtScope.Callbacks;

/// <summary>
/// The filter manager's filters with their altitudes, instances and operations (fltmgr!FltGlobals, _FLTP_FRAME, _FLT_FILTER, _FLT_INSTANCE,
/// _CALLBACK_NODE). What a filter registered is compared with what the nodes of its instances call.
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

        if (FilterManager.Find(collector.Context, module, out var problem) is not { } manager)
        {
            collector.Context.Note(problem!);
            return;
        }

        var context = manager.Context;
        if (context.OffsetOf("_FLTP_FRAME", "Links") is not { } frameLink || context.OffsetOf("_FLT_FILTER", "Base.PrimaryLink") is not { } filterLink)
        {
            return;
        }

        var slot = 0;
        foreach (var frame in Walk(collector, manager.Frames, Limits.FilterFrames))
        {
            if (context.At("_FLTP_FRAME", frame - frameLink).AddressOf("RegisteredFilters.rList") is not { } filters)
            {
                return;
            }

            foreach (var filter in Walk(collector, filters, Limits.Filters))
            {
                if (slot >= Limits.Filters || collector.IsFull)
                {
                    collector.Context.Note($"The filter manager's lists go on past {slot} filters.");
                    return;
                }

                ReadFilter(collector, manager, filter - filterLink, slot++);
            }
        }
    }

    private static void ReadFilter(CallbackCollector collector, FilterManager manager, VirtualAddress address, int slot)
    {
        var context = manager.Context;
        var findings = new List<Finding>();
        if (manager.Contradicting.Contains(address))
        {
            findings.Add(new Finding("layout-contradicted", $"The filter at {address} does not fit the layout that the others fit: its name, altitude or frame was changed"));
        }

        var rows = collector.Rows.Count;
        var filter = context.At("_FLT_FILTER", address, findings);
        var name = $"{filter.Text(Limits.FilterNameCharacters, "Name")}, altitude {filter.Text(Limits.FilterNameCharacters, "DefaultAltitude")}";
        var instances = InstancesOf(collector, context, filter).ToList();
        var detail = name + Describe(instances);
        var operation = filter.Pointer("Operations") ?? default;
        var size = context.SizeOf("_FLT_OPERATION_REGISTRATION");
        var registered = new HashSet<byte>();
        for (var i = 0; !operation.IsZero && size > 0 && i < Operations && !collector.IsFull; i++, operation += size)
        {
            var view = context.At("_FLT_OPERATION_REGISTRATION", operation, findings);
            if (view.Number("MajorFunction") is not { } number || number == LastOperation)
            {
                break;
            }

            var (function, before, after) = ((byte)number, view.Pointer("PreOperation"), view.Pointer("PostOperation"));
            registered.Add(function);
            Add(collector, slot, before, $"pre {MajorFunction.NameOf(function)}, {detail}", findings);
            Add(collector, slot, after, $"post {MajorFunction.NameOf(function)}, {detail}", findings);
            foreach (var (instance, text, volume) in instances)
            {
                CompareNode(collector, context, slot, instance, function, before, after, $"{name}; instance {OnVolumes(text, [volume])}");
            }
        }

        foreach (var (instance, text, volume) in instances)
        {
            AddUnregistered(collector, context, slot, instance, registered, $"{name}; instance {OnVolumes(text, [volume])}");
        }

        Add(collector, slot, filter.Pointer("FilterUnload"), $"unload, {detail}", findings);
        if (collector.Rows.Count == rows)
        {
            collector.Add(CallbackKinds.Minifilter, slot, null, $"no operations, {detail}", findings);
        }
    }

    // The text stands in each row of the filter.
    private static string Describe(List<(VirtualAddress Address, string Text, string? Volume)> instances)
    {
        var text = new StringBuilder();
        var named = 0;
        foreach (var group in instances.GroupBy(instance => instance.Text, StringComparer.Ordinal))
        {
            var next = $"; instance {OnVolumes(group.Key, group.Select(instance => instance.Volume))}";
            if (text.Length + next.Length > Limits.FilterDetailCharacters)
            {
                text.Append(CultureInfo.InvariantCulture, $"; {instances.Count - named} further instances");
                break;
            }

            text.Append(next);
            named += group.Count();
        }

        return text.ToString();
    }

    // A node is made from a registration; one without it means that the filter's table was changed after its instances were made.
    private static void AddUnregistered(CallbackCollector collector, KernelContext context, int slot, VirtualAddress instance, HashSet<byte> registered, string detail)
    {
        if (context.OffsetOf("_FLT_INSTANCE", "CallbackNodes") is not { } nodes)
        {
            return;
        }

        for (uint index = 0; index < FilterManagerTypes.CallbackNodes; index++)
        {
            var function = FilterManagerProof.FunctionOf(index);
            if (registered.Contains(function) || context.ReadPointer(instance + nodes + index * context.PointerSize) is not { IsZero: false } address)
            {
                continue;
            }

            var node = context.At("_CALLBACK_NODE", address);
            foreach (var (when, called) in new[] { ("pre", node.Pointer("PreOperation")), ("post", node.Pointer("PostOperation")) })
            {
                if (called is { IsZero: false })
                {
                    collector.Add(CallbackKinds.Minifilter, slot, called, $"{when} {MajorFunction.NameOf(function)}, {detail}",
                        [new Finding("callback-unregistered", $"The callback node at {address} is of an operation that the filter's table does not have")]);
                }
            }
        }
    }

    // What is called is what the node says; a filter's own table is only where the nodes were made from. A verified filter's nodes call the manager.
    private static void CompareNode(
        CallbackCollector collector, KernelContext context, int slot, VirtualAddress instance, byte function, VirtualAddress? before, VirtualAddress? after, string detail)
    {
        if (context.OffsetOf("_FLT_INSTANCE", "CallbackNodes") is not { } nodes
            || FilterManagerProof.NodeIndex(function) is not { } index
            || context.ReadPointer(instance + nodes + index * context.PointerSize) is not { IsZero: false } address)
        {
            return;
        }

        var node = context.At("_CALLBACK_NODE", address);
        foreach (var (when, registered, called) in new[] { ("pre", before, node.Pointer("PreOperation")), ("post", after, node.Pointer("PostOperation")) })
        {
            if (called is { IsZero: false } && registered is not null && called != registered && !context.Kernel.Contains(called.Value))
            {
                collector.Add(CallbackKinds.Minifilter, slot, called, $"{when} {MajorFunction.NameOf(function)}, {detail}",
                    [new Finding("callback-diverted", $"The callback node at {address} calls {called}, the filter registered {registered}")]);
            }
        }
    }

    private static void Add(CallbackCollector collector, int slot, VirtualAddress? routine, string detail, List<Finding> findings)
    {
        if (routine is { IsZero: false })
        {
            collector.Add(CallbackKinds.Minifilter, slot, routine, detail, findings);
        }
    }

    private static string OnVolumes(string instance, IEnumerable<string?> volumes)
    {
        var named = string.Join(", ", volumes.OfType<string>());
        return named.Length == 0 ? instance : $"{instance} on {named}";
    }

    private static IEnumerable<(VirtualAddress Address, string Text, string? Volume)> InstancesOf(CallbackCollector collector, KernelContext context, StructureView filter)
    {
        if (filter.AddressOf("InstanceList.rList") is not { } head || context.OffsetOf("_FLT_INSTANCE", "FilterLink") is not { } link)
        {
            yield break;
        }

        var canNameVolumes = context.Has("_FLT_VOLUME", "DeviceName");
        foreach (var entry in Walk(collector, head, Limits.FilterInstances).Take(Instances))
        {
            var instance = context.At("_FLT_INSTANCE", entry - link);
            var volume = canNameVolumes && instance.Pointer("Volume") is { IsZero: false } on ? context.At("_FLT_VOLUME", on).Text(Limits.FilterNameCharacters, "DeviceName") : null;
            yield return (entry - link, $"{instance.Text(Limits.FilterNameCharacters, "Name")} at {instance.Text(Limits.FilterNameCharacters, "Altitude")}", volume);
        }
    }

    private static IReadOnlyList<VirtualAddress> Walk(CallbackCollector collector, VirtualAddress head, int limit)
    {
        var walk = ListWalk.Read(collector.Context.Memory, head, limit);
        if (walk.Problem is { } problem)
        {
            collector.Context.Note($"minifilters: {problem}");
        }

        return walk.Links;
    }
}
