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
            var named = atHand.Count(record => record.Name is not null);
            if (named >= FewestNames && build > 0)
            {
                Fill(table, atHand, named, build);
            }
        }
    }

    private void Fill(ServiceTableKind table, List<ServiceRecord> atHand, int named, int build)
    {
        var published = knowledge.PublishedTables.ForBuild(target.Architecture, table, build);
        var isComplete = named == atHand.Count && atHand[^1].Index!.Value.Number == atHand.Count - 1;
        if (published is null)
        {
            return;
        }

        var names = new Dictionary<uint, string>(published.Services.Count);
        foreach (var service in published.Services)
        {
            names.TryAdd((uint)service.Index, service.Name);
        }

        var differing = CountDiffering(atHand, index => names.GetValueOrDefault(index.Value));
        var label = $"the {SyscallRow.TextOf(table)} table published of {published.Label}";
        if (differing > 0)
        {
            records.Notes.Add($"{differing} of {named} names differ from {label}: this is another revision, and its own numbers stand here.");
            names = isComplete || table != ServiceTableKind.Nt ? [] : NamesOfSibling(atHand, build, out label);
        }

        if (!isComplete && names.Count > 0)
        {
            Complete(table, atHand, names, label);
        }
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
            records.Notes.Add($"{filled} services have their names from {label}, which agrees with all others.");
        }

        if (gaps.Count > 0)
        {
            records.Notes.Add($"No stub asks for {string.Join(", ", gaps)}: so says {label}, which agrees with all others.");
        }
    }

    private static int CountDiffering(List<ServiceRecord> atHand, Func<ServiceIndex, string?> nameOf) =>
        atHand.Count(record => record.Name is { } name && record.Index is { } index && nameOf(index) != name);
}
