using System.Globalization;
using NtScope.Kernel;
using NtScope.Reports;
using NtScope.Symbols.Types;

namespace NtScope.Targets;

/// <summary>The user half of one process: its memory, the modules of its loader.</summary>
public static class ProcessTarget
{
    /// <summary>A process whose memory is at hand.</summary>
    /// <param name="name">What reports call it.</param>
    /// <param name="memory">Its memory.</param>
    /// <param name="environmentBlock">Its _PEB.</param>
    /// <param name="types">Layouts that hold for it; null if none are known.</param>
    /// <param name="source">What to dispose with the target.</param>
    /// <exception cref="InputException">Its modules cannot be read.</exception>
    public static Target Create(string name, IMemory memory, VirtualAddress environmentBlock, ITypeSource? types, IDisposable? source)
    {
        var modules = LoaderList.Read(memory, environmentBlock, out var problem);
        if (modules.Count == 0)
        {
            throw new InputException(name, problem ?? "the process has no modules");
        }

        var architecture = modules[0].Image?.Architecture ?? (memory.PointerSize == sizeof(ulong) ? ProcessorArchitecture.X64 : ProcessorArchitecture.X86);
        return new Target(source)
        {
            Kind = TargetKind.Process,
            Summary = new TargetSummary(name, "process", architecture.ToString().ToLowerInvariant(), modules[0].Version?.ToString(), modules[0].Pdb?.ToString()),
            Architecture = architecture,
            Memory = memory,
            Modules = modules,
            Types = types,
            Notes = problem is null ? [] : [problem],
        };
    }

    /// <summary>A process of a captured machine, by ID (decimal, or hexadecimal with 0x) or by its image's name.</summary>
    /// <param name="machine">The machine; the process's target owns it from now on.</param>
    /// <param name="nameOrId">Which.</param>
    /// <exception cref="InputException">There is no such process, several have the name, or it has no user half that can be read.</exception>
    public static Target Of(Target machine, string nameOrId)
    {
        var context = new KernelContext(machine);
        var spaces = machine.AddressSpaces ?? throw new InputException(machine.Summary.Name, "it has no page tables: a process can be taken from a capture of physical memory only");
        var process = context.At("_EPROCESS", Find(context, nameOrId));
        var id = process.Number("UniqueProcessId") ?? 0;
        var name = string.Create(CultureInfo.InvariantCulture, $"{machine.Summary.Name}: process {id} ({process.Characters("ImageFileName")})");
        if (process.Pointer("Peb") is not { IsZero: false } environment || process.Number("Pcb.DirectoryTableBase") is not { } table)
        {
            throw new InputException(name, "the process has no user half");
        }

        return Create(name, spaces.Open(new PhysicalAddress(table)), environment, machine.Types, machine);
    }

    private static VirtualAddress Find(KernelContext context, string nameOrId)
    {
        var isId = ulong.TryParse(nameOrId, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            || (nameOrId.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && ulong.TryParse(nameOrId.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out id));
        var matches = Kernel.Processes.ProcessSurvey.Take(context, new Kernel.Processes.SurveyOptions()).Processes
            .Select(sighting => context.At("_EPROCESS", sighting.Address))
            .Where(process => isId ? process.Number("UniqueProcessId") == id : string.Equals(process.Characters("ImageFileName"), nameOrId, StringComparison.OrdinalIgnoreCase))
            .ToList();
        return matches switch
        {
            [var one] => one.Address,
            [] => throw new InputException(context.Target.Summary.Name, $"there is no process {nameOrId}: 'ntscope processes' lists them"),
            _ => throw new InputException(
                context.Target.Summary.Name,
                $"several processes are called {nameOrId}: name one by its ID ({string.Join(", ", matches.Select(process => process.Number("UniqueProcessId")))})"),
        };
    }
}
