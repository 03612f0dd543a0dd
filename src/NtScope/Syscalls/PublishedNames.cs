using NtScope.Knowledge;

namespace NtScope.Syscalls;

/// <summary>
/// Compares the names at hand with what is known and published of the build. A table that agrees with every one of them also names the
/// services that nothing else names; one that does not is that of another revision, and the report says so.
/// </summary>
internal sealed class PublishedNames(Target target, KnowledgeBase knowledge, ServiceRecords records)
{
    private const int FewestNames = 50;

    public void Fill()
    {
        var build = target.Modules.Select(module => module.Version?.Build ?? 0).FirstOrDefault(number => number > 0);
        foreach (var table in new[] { ServiceTableKind.Nt, ServiceTableKind.Win32k })
        {
            var atHand = records.Of(table);
            if (build > 0 && atHand.Count >= FewestNames)
            {
                Fill(table, atHand, build);
            }
        }
    }

    private void Fill(ServiceTableKind table, List<ServiceRecord> atHand, int build)
    {
        var named = atHand.Count(record => record.Name is not null);
        if (knowledge.PublishedTables.ForBuild(target.Architecture, table, build) is { } published)
        {
            var names = NamesOf(published);
            var label = $"the {SyscallRow.TextOf(table)} table published of {published.Label}";
            var differing = CountDiffering(atHand, index => names.GetValueOrDefault(index.Value));
            if (differing > 0)
            {
                records.Notes.Add($"{differing} of {named} names differ from {label}: this is another revision, and its own numbers stand here.");
            }
            else if (named >= FewestNames)
            {
                Complete(table, atHand, names, $"{label}, which agrees with all others");
            }
            else if (named == 0 && names.Keys.Max() == atHand[^1].Index!.Value.Value && AgreeingArguments(atHand, names) is { } agreeing)
            {
                Complete(table, atHand, names, $"{label}; no name at hand confirms them, but the last service has the same number, and {agreeing} have the arguments of their declarations");
            }
        }

        if (table == ServiceTableKind.Nt && named >= FewestNames && !IsComplete(records.Of(table)) && NamesOfSibling(atHand, build, out var sibling) is { Count: > 0 } known)
        {
            Complete(table, atHand, known, $"{sibling}, which agrees with all others");
        }
    }

    private static bool IsComplete(List<ServiceRecord> services) =>
        services.TrueForAll(record => record.Name is not null) && services[^1].Index!.Value.Number == services.Count - 1;

    private static Dictionary<uint, string> NamesOf(PublishedTable published)
    {
        var names = new Dictionary<uint, string>(published.Services.Count);
        foreach (var service in published.Services)
        {
            names.TryAdd((uint)service.Index, service.Name);
        }

        return names;
    }

    /// <summary>How many services have the arguments that their supposed names are declared with; null if too few, or if more than one in twenty has not.</summary>
    private int? AgreeingArguments(List<ServiceRecord> atHand, Dictionary<uint, string> names)
    {
        var (agreeing, contradicting) = (0, 0);
        foreach (var record in atHand)
        {
            if (record is { Index: { } index, StackArguments: { } stackArguments } && names.TryGetValue(index.Value, out var name)
                && knowledge.TryGetPrototype(name, out var prototype))
            {
                var contradicts = ArgumentCount.Contradicts(prototype, stackArguments, target.Architecture, out _);
                agreeing += contradicts ? 0 : 1;
                contradicting += contradicts ? 1 : 0;
            }
        }

        return agreeing >= FewestNames && contradicting * 20 <= agreeing ? agreeing : null;
    }

    /// <summary>The names of a known kernel of the same build that agrees with all names at hand.</summary>
    private Dictionary<uint, string> NamesOfSibling(List<ServiceRecord> atHand, int build, out string label)
    {
        label = string.Empty;
        foreach (var kernel in knowledge.Kernels)
        {
            if (kernel.Version.Build == build && kernel.Architecture == target.Architecture && kernel.Services is { } services
                && atHand[^1].Index!.Value.Number < services.Count
                && CountDiffering(atHand, index => services[index.Number].Name) == 0)
            {
                label = $"the table of the known kernel {kernel.Version}";
                return services.ToDictionary(service => (uint)service.Index, service => service.Name);
            }
        }

        return [];
    }

    private void Complete(ServiceTableKind table, List<ServiceRecord> atHand, Dictionary<uint, string> names, string label)
    {
        var last = atHand[^1].Index!.Value.Number;
        var filled = 0;
        var gaps = new List<string>();
        for (var number = 0; number <= last; number++)
        {
            var index = new ServiceIndex(table, number);
            var record = records.Find(index);
            if (record?.Name is not null || !names.TryGetValue(index.Value, out var name))
            {
                continue;
            }

            if (record is null && target.Kind == TargetKind.Image)
            {
                gaps.Add($"{index} ({name})");
                continue;
            }

            records.At(index).AddName(name, NameSource.KnownBuild);
            filled++;
        }

        if (filled > 0)
        {
            records.Notes.Add($"{filled} names are from {label}.");
        }

        if (gaps.Count > 0)
        {
            records.Notes.Add($"No stub asks for {string.Join(", ", gaps)}: so says {label}.");
        }
    }

    private static int CountDiffering(List<ServiceRecord> atHand, Func<ServiceIndex, string?> nameOf) =>
        atHand.Count(record => record.Name is { } name && record.Index is { } index && nameOf(index) != name);
}
