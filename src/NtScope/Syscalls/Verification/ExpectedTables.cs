using NtScope.Knowledge;

namespace NtScope.Syscalls.Verification;

/// <summary>Says what the tables of a machine should be: from the images' files, else from knowledge, else from what memory itself names.</summary>
internal sealed class ExpectedTables(Target target, KnowledgeBase knowledge, ReferenceFiles references, List<string> notes)
{
    /// <summary>The kernel's table; null, with a note, if nothing says where it is.</summary>
    public ExpectedTable? OfKernel(Module module)
    {
        var known = module.Pdb is { } pdb ? knowledge.FindKernel(pdb)?.Services : null;
        if (FromFile(module, ServiceTableKind.Nt, target.Memory, known) is { } fromFile)
        {
            return fromFile;
        }

        if (known is not null)
        {
            notes.Add($"{module.Name} is compared with its known table of {known.Count} services; routines and argument counts are checked by structure only.");
            return new ExpectedTable
            {
                Kind = ServiceTableKind.Nt,
                Module = module,
                Memory = target.Memory,
                TableRva = known.TableRva,
                LimitRva = known.LimitRva,
                ArgumentTableRva = known.ArgumentTableRva,
                Count = known.Count,
                Routines = [.. Enumerable.Range(0, known.Count).Select(index => (uint?)known.RvaOf(index))],
                Evidence = VerificationEvidence.Knowledge,
            };
        }

        return FromStructure(module);
    }

    // What memory itself says: where both a service's Zw and Nt routines are exported, the entry is known; on x86 the Zw routines also count services and arguments.
    private ExpectedTable? FromStructure(Module module)
    {
        var start = module.Base!.Value;
        var mapped = MappedServiceTable.FromExports(target.Memory, module, start) ?? MappedServiceTable.Locate(target, module, start, known: null);
        if (mapped is null || !module.Contains(mapped.Start))
        {
            notes.Add($"The service table of {module.Name} was not found, so it is not verified: give its file with --images.");
            return null;
        }

        var stubs = KernelStubs.Read(module.Image!);
        var routines = new uint?[mapped.Count];
        foreach (var (number, routine) in stubs.ExportedPairs().Where(pair => pair.Number < routines.Length))
        {
            routines[number] = routine;
        }

        notes.Add($"Neither a file nor knowledge of this {module.Name} is at hand: its table at {mapped.Start} is checked by structure only, which is weaker; "
            + $"of {routines.Count(routine => routine is not null)} services exports say what the entry must be.");
        return new ExpectedTable
        {
            Kind = ServiceTableKind.Nt,
            Module = module,
            Memory = target.Memory,
            TableRva = (uint)(mapped.Start - start),
            LimitRva = RvaOf(module, "KiServiceLimit"),
            ArgumentTableRva = RvaOf(module, "KiArgumentTable") ?? (mapped.Arguments is { } arguments && module.Contains(arguments) ? (uint)(arguments - start) : null),
            Count = mapped.Count,
            Routines = routines,
            StackArguments = [.. Enumerable.Range(0, mapped.Count).Select(number => stubs.StackBytesOf(number) / sizeof(uint))],
            Evidence = VerificationEvidence.Structure,
        };
    }

    /// <summary>The window manager's tables as one session maps them: the main one, and the filter's where there is one.</summary>
    public IEnumerable<ExpectedTable> OfWindowManager(Module module, IMemory memory, SessionSpace? session) =>
        new[] { MainOfWindowManager(module, memory, session), FilterOfWindowManager(module, memory, session) }.OfType<ExpectedTable>();

    private ExpectedTable? MainOfWindowManager(Module module, IMemory memory, SessionSpace? session)
    {
        if (FromFile(module, ServiceTableKind.Win32k, memory, known: null) is { } fromFile)
        {
            return fromFile with { Session = session };
        }

        if (Exported(module, memory, session, string.Empty) is { } exported)
        {
            notes.Add($"No file of {module.Name} is at hand: its table is checked by structure only, which is weaker.");
            return exported;
        }

        if (DescriptorPlaces.FindWindowManagerTable(target, module) is { } mapped)
        {
            notes.Add($"No file of {module.Name} is at hand: its table at {mapped.Start} is checked by structure only, which is weaker.");
            return new ExpectedTable
            {
                Kind = ServiceTableKind.Win32k,
                Module = module,
                Memory = memory,
                TableRva = (uint)(mapped.Start - module.Base!.Value),
                Count = mapped.Count,
                ArgumentTableRva = mapped.Arguments is { } arguments ? (uint)(arguments - module.Base!.Value) : null,
                Evidence = VerificationEvidence.Structure,
                Session = session,
            };
        }

        notes.Add($"{module.Name} does not say where its service table is, so it is not verified: give its file with --images.");
        return null;
    }

    private ExpectedTable? FilterOfWindowManager(Module module, IMemory memory, SessionSpace? session) =>
        FromFile(module, ServiceTableKind.Win32k, memory, known: null, isFilter: true) is { } fromFile
            ? fromFile with { Session = session }
            : Exported(module, memory, session, "Filter");

    private static ExpectedTable? Exported(Module module, IMemory memory, SessionSpace? session, string suffix) =>
        RvaOf(module, "W32pServiceTable" + suffix) is { } table && RvaOf(module, "W32pServiceLimit" + suffix) is { } limit
            ? new ExpectedTable
            {
                Kind = ServiceTableKind.Win32k,
                IsFilter = suffix.Length > 0,
                Module = module,
                Memory = memory,
                TableRva = table,
                LimitRva = limit,
                ArgumentTableRva = RvaOf(module, "W32pArgumentTable" + suffix),
                Evidence = VerificationEvidence.Structure,
                Session = session,
            }
            : null;

    private ExpectedTable? FromFile(Module module, ServiceTableKind kind, IMemory memory, KnownServiceTable? known, bool isFilter = false)
    {
        if (module.Image is not { } image || references.Find(image, FileNameOf(module)) is not { } file)
        {
            return null;
        }

        var search = ServiceTableFinder.Find(file, module.Symbols, known);
        if (search.Tables.FirstOrDefault(table => table.Kind == kind && table.IsFilter == isFilter) is not { } table)
        {
            notes.AddRange(isFilter ? [] : search.Problems.Select(problem => $"{file.Name}: {problem}."));
            return null;
        }

        notes.Add(isFilter
            ? $"The table of {module.Name} for processes under a system call filter is compared with {file.Name}."
            : $"{module.Name} is compared with {file.Name}.");
        return new ExpectedTable
        {
            Kind = kind,
            IsFilter = isFilter,
            Module = module,
            Memory = memory,
            TableRva = table.Rva,
            LimitRva = table.LimitRva,
            ArgumentTableRva = table.ArgumentTableRva,
            Count = table.Slots.Count,
            Routines = [.. table.Slots.Select(slot => slot.RoutineRva)],
            StackArguments = [.. table.Slots.Select(slot => slot.StackArguments)],
            Evidence = VerificationEvidence.File,
            File = file,
        };
    }

    private static string FileNameOf(Module module) => module.Path[(module.Path.LastIndexOfAny(['\\', '/']) + 1)..];

    private static uint? RvaOf(Module module, string name) =>
        module.Symbols?.TryGetRva(name, out var rva) == true || module.Image?.Exports.TryGetRva(name, out rva) == true ? rva : null;
}
