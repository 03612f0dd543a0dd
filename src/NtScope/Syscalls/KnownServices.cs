using NtScope.Knowledge;

namespace NtScope.Syscalls;

/// <summary>The services of a build that is only known: its own table if that is embedded, else what is published of the build.</summary>
internal static class KnownServices
{
    public static void Collect(Target target, KnowledgeBase knowledge, SyscallOptions options, ServiceRecords records)
    {
        var kernel = target.Modules[0];
        var known = kernel.Pdb is { } pdb ? knowledge.FindKernel(pdb) : null;
        if (options.Wants(ServiceTableKind.Nt))
        {
            if (known?.Services is { } services)
            {
                CollectExact(services, target, knowledge, records);
            }
            else
            {
                CollectPublished(ServiceTableKind.Nt, target, knowledge, records);
            }
        }

        foreach (var table in new[] { ServiceTableKind.Win32k, ServiceTableKind.Ium })
        {
            if (options.Tables.Contains(table))
            {
                CollectPublished(table, target, knowledge, records);
            }
        }
    }

    private static void CollectExact(KnownServiceTable services, Target target, KnowledgeBase knowledge, ServiceRecords records)
    {
        var kernel = target.Modules[0];
        var encoding = ServiceTableEntry.EncodingOf(target.Architecture, kernel.Version?.Build ?? 0);
        var table = new VirtualAddress(services.TableRva);
        for (var i = 0; i < services.Count; i++)
        {
            var service = services[i];
            var record = records.At(new ServiceIndex(ServiceTableKind.Nt, i));
            record.AddName(service.Name, NameSource.KnownBuild);
            record.Module = kernel.Name;
            record.Rva = service.Rva;
            if (!knowledge.TryGetPrototype(service.Name, out var prototype))
            {
                record.AddFinding("no-entry", "no declaration is known, so its stack arguments and its entry are not");
                continue;
            }

            var stackArguments = ArgumentCount.OnStack(prototype, target.Architecture);
            if (ServiceTableEntry.TryEncode(table, new VirtualAddress(service.Rva), stackArguments, encoding, out var entry))
            {
                record.StackArguments = stackArguments;
                record.Entry = entry.Raw;
            }
        }

        records.Notes.Add(
            $"The table of this very kernel is known; its entries are computed from where its routines are (KiServiceTable at 0x{services.TableRva:x}) and how they are declared.");
    }

    private static void CollectPublished(ServiceTableKind table, Target target, KnowledgeBase knowledge, ServiceRecords records)
    {
        var build = target.Modules[0].Version?.Build ?? 0;
        if (knowledge.PublishedTables.ForBuild(target.Architecture, table, build) is not { } published)
        {
            records.Notes.Add($"No {SyscallRow.TextOf(table)} table of build {build} is published.");
            return;
        }

        foreach (var service in published.Services)
        {
            records.At(new ServiceIndex((uint)service.Index)).AddName(service.Name, NameSource.KnownBuild);
        }

        records.Notes.Add(
            $"The {SyscallRow.TextOf(table)} table is the one published of {published.Label}; another revision of the build may number its services differently.");
    }
}
