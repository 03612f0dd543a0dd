using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Network;

/// <summary>
/// Decides by filters, as the filter engine arbitrates: each sublayer by its weight; in it the matching filters by theirs, until one permits or
/// blocks. A decision of which the right to change it was taken away stays; only a callout may still veto a permit.
/// </summary>
internal sealed class Classifier(LabKernel kernel, FilterEngine engine)
{
    private const uint RightToWrite = 1;
    private const uint Undecided = 7;
    private const uint OnFlowOnly = 1;
    private const ushort UniversalWeight = 0x8000;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <summary>The sublayer that filters belong to that name none.</summary>
    public static Guid UniversalSubLayer { get; } = new("eebecc03-ced4-4380-819a-2734397b2b74");

    /// <summary>Whether traffic is permitted at a layer.</summary>
    public bool Permits(FilteringLayer layer, NetworkTraffic traffic)
    {
        var filters = engine.Objects.Where(item => item.Filter?.Layer == layer && item.Filter.Matches(traffic)).ToArray();
        if (filters.Length == 0)
        {
            return true;
        }

        kernel.Verifier.BeginRequest();
        var thread = kernel.Threads.Current;
        var level = thread.Irql;
        kernel.Threads.SetIrql(layer.Level);
        try
        {
            using var block = new TrafficBlock(kernel, layer, traffic);
            var (action, isFinal) = (NetworkFilter.Continue, false);
            foreach (var group in filters.GroupBy(item => item.Filter!.SubLayer).OrderByDescending(group => WeightOf(group.Key)).ThenBy(group => group.Key))
            {
                foreach (var item in group.OrderByDescending(item => item.Filter!.Weight).ThenBy(item => item.Filter!.Id))
                {
                    var (decided, final, isVeto) = Evaluate(item, layer, traffic, block, isFinal);
                    if (decided is not (NetworkFilter.Block or NetworkFilter.Permit))
                    {
                        continue;
                    }

                    if (!isFinal || (isVeto && action == NetworkFilter.Permit))
                    {
                        (action, isFinal) = (decided, final);
                    }

                    break;
                }
            }

            return action != NetworkFilter.Block;
        }
        finally
        {
            kernel.Threads.SetIrql(level);
        }
    }

    private ulong WeightOf(Guid subLayer) =>
        engine.Objects.FirstOrDefault(item => item.Kind == EngineObjectKind.SubLayer && item.Key == subLayer)?.Number ?? UniversalWeight;

    // What a filter decides, whether it may not be changed, and whether it may change what may not be changed.
    private (uint Action, bool IsFinal, bool IsVeto) Evaluate(EngineObject item, FilteringLayer layer, NetworkTraffic traffic, TrafficBlock block, bool isFinal)
    {
        var filter = item.Filter!;
        if (!filter.HasCallout)
        {
            return (filter.Action, filter.Action == NetworkFilter.Block || (filter.Flags & NetworkFilter.ClearActionRight) != 0, false);
        }

        if (engine.FindCallout(filter.Callout) is not { } callout)
        {
            return filter.Action == NetworkFilter.CalloutInspection ? (NetworkFilter.Continue, false, false)
                : (filter.Flags & NetworkFilter.PermitIfUnregistered) != 0 ? (NetworkFilter.Permit, false, false)
                : (NetworkFilter.Block, true, false);
        }

        var context = engine.FindFlow(traffic.Flow)?.Contexts.GetValueOrDefault((layer.Id, callout.Id)) ?? 0;
        if ((callout.Flags & OnFlowOnly) != 0 && context == 0)
        {
            return (NetworkFilter.Continue, false, false);
        }

        return Call(callout, item, block, context, isFinal);
    }

    private (uint Action, bool IsFinal, bool IsVeto) Call(NetworkCallout callout, EngineObject item, TrafficBlock block, ulong context, bool isFinal)
    {
        var filter = item.Filter!;
        _memory.Clear(block.Out, 0x28);
        _memory.WriteUInt32(block.Out, Undecided);
        _memory.WriteUInt64(block.Out + 0x10, filter.Id);
        _memory.WriteUInt32(block.Out + 0x18, isFinal ? 0 : RightToWrite);
        using var written = new FilterBlock(kernel, filter, callout.Id, item.Key);
        if (callout.Version == 0)
        {
            kernel.Verifier.CallDriver("a classify routine", callout.Classify, block.Values, block.Metadata, 0, written.Filter, context, block.Out);
        }
        else
        {
            kernel.Verifier.CallDriver("a classify routine", callout.Classify, block.Values, block.Metadata, 0, 0, written.Filter, context, block.Out);
        }

        var name = kernel.Drivers.Describe(callout.Classify);
        var (action, rights) = (_memory.ReadUInt32(block.Out), _memory.ReadUInt32(block.Out + 0x18));
        if (isFinal && action != Undecided && action != NetworkFilter.Block)
        {
            kernel.Verifier.Report("classify-rights", $"{name} decides 0x{action:x} where it was not given FWPS_RIGHT_ACTION_WRITE; it may only veto", null, callout.Classify);
            return (NetworkFilter.Continue, false, false);
        }

        if (filter.Action == NetworkFilter.CalloutInspection)
        {
            if (action is NetworkFilter.Block or NetworkFilter.Permit)
            {
                kernel.Verifier.Report("classify-action", $"{name} decides 0x{action:x} for a filter that only inspects", null, callout.Classify);
            }

            return (NetworkFilter.Continue, false, false);
        }

        if (action is NetworkFilter.Block or NetworkFilter.Permit)
        {
            return (action, (rights & RightToWrite) == 0, isFinal);
        }

        if (!isFinal && (filter.Action == NetworkFilter.CalloutTerminating || action is not (Undecided or NetworkFilter.Continue)))
        {
            var choices = filter.Action == NetworkFilter.CalloutTerminating ? "permit or block" : "permit, block or continue";
            kernel.Verifier.Report("classify-action", $"{name} leaves the action 0x{action:x} where it has to {choices}", null, callout.Classify);
        }

        return (NetworkFilter.Continue, false, false);
    }
}
