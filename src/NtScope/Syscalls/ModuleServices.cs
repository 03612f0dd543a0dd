using NtScope.Images;
using NtScope.Knowledge;

namespace NtScope.Syscalls;

/// <summary>The services that the modules of a target hold: tables first, then stubs, then names from what is published where that agrees.</summary>
internal sealed class ModuleServices(Target target, KnowledgeBase knowledge, SyscallOptions options, ServiceRecords records)
{
    public void Collect()
    {
        var roles = target.Modules.Select(module => (Module: module, Role: module.Image is { } image ? ServiceImage.RoleOf(image) : ServiceImageRole.None)).ToList();
        var parts = roles.Where(item => item.Role == ServiceImageRole.WindowManagerPart).Select(item => item.Module).ToList();
        if (options.Wants(ServiceTableKind.Nt) && Only(ServiceImageRole.Kernel) is { } kernel)
        {
            new KernelServices(target, kernel, knowledge, records).Collect();
        }

        options.Cancellation.ThrowIfCancellationRequested();
        if (options.Wants(ServiceTableKind.Win32k) && Only(ServiceImageRole.WindowManager) is { } windowManager)
        {
            new WindowManagerServices(target, windowManager, parts, records).Collect();
        }

        foreach (var (module, role) in roles)
        {
            options.Cancellation.ThrowIfCancellationRequested();
            if (role == ServiceImageRole.Stubs)
            {
                CollectStubs(module, module.Image!);
            }
        }

        new PublishedNames(target, knowledge, records).Fill();

        // A folder of 32-bit Windows has a kernel for each kind of machine. Their tables must not be mixed: the first one stands for all.
        Module? Only(ServiceImageRole wanted)
        {
            var modules = roles.Where(item => item.Role == wanted).Select(item => item.Module).ToList();
            records.Notes.AddRange(modules.Skip(1).Select(other => $"Left out {other.Path}: the services are those of {modules[0].Path}."));
            return modules.FirstOrDefault();
        }
    }

    private void CollectStubs(Module module, PeImage image)
    {
        var stubs = StubReader.Read(image);
        var named = 0;
        foreach (var stub in stubs)
        {
            if (stub.Index?.Table is { } table && !options.Wants(table))
            {
                continue;
            }

            var record = stub.Index is { } index ? records.At(index) : new ServiceRecord(null);
            if (stub.Index is null)
            {
                records.WithoutIndex.Add(record);
            }

            named++;
            record.AddName(stub.Name, NameSource.Stub);
            record.AddFindings(stub.Findings);
            if (record.Module is null)
            {
                record.Module = module.Name;
                record.Rva = stub.Rva;
                record.Address = module.Base is { } start ? start + stub.Rva : null;
            }

            JoinArguments(record, stub, module);
        }

        if (named > 0)
        {
            records.Notes.Add($"{module.Name} has {named} stubs.");
        }
    }

    /// <summary>On x86 a stub removes all arguments from the stack, and the kernel copies as many.</summary>
    private static void JoinArguments(ServiceRecord record, ServiceStub stub, Module module)
    {
        if (stub.StackBytes is not { } bytes || bytes % sizeof(uint) != 0)
        {
            return;
        }

        var arguments = bytes / sizeof(uint);
        if (record.StackArguments is { } counted && counted != arguments)
        {
            record.AddFinding("argument-conflict", $"the table counts {counted} arguments, the stub in {module.Name} removes {arguments}");
        }

        record.StackArguments ??= arguments;
    }
}
