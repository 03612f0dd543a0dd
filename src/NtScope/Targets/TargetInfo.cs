using System.Globalization;
using NtScope.Images;
using NtScope.Reports;
using NtScope.Syscalls;

namespace NtScope.Targets;

/// <summary>Says what a target is: its format, machine, version and symbols, its parts, and what can be asked of it.</summary>
public static class TargetInfo
{
    /// <summary>The schema.</summary>
    public const string Schema = "ntscope.info/1";

    /// <summary>Describes a target; the sections of an image only where it is the single one.</summary>
    public static Report<TargetInfoRow> Describe(Target target)
    {
        var rows = target.Facts.Select(fact => new TargetInfoRow("target", fact.Name, fact.Value)).ToList();
        if (target.Kind is TargetKind.Image or TargetKind.Folder)
        {
            foreach (var module in target.Modules)
            {
                if (module.Image is { } image)
                {
                    Describe(module, image, target.Modules.Count == 1, rows);
                }
            }
        }
        else
        {
            rows.AddRange(target.Modules.Select(module => new TargetInfoRow(module.Name, "Module", Join(module.Base?.ToString(), module.Version?.ToString(), module.Pdb?.ToString(), module.Path))));
        }

        rows.AddRange(QuestionsOf(target).Select(question => new TargetInfoRow("target", "Can be asked", question)));
        return new Report<TargetInfoRow>(Schema, target.Summary, rows, target.Notes);
    }

    private static void Describe(Module module, PeImage image, bool isSingle, List<TargetInfoRow> rows)
    {
        Add("Format", $"{(image.Is64Bit ? "PE32+" : "PE32")}, {MachineOf(image)}, {SubsystemOf(image)}");
        Add("Role", RoleOf(image));
        if (image.Version is { } version)
        {
            Add("Version", version.FileVersion.ToString());
            foreach (var name in new[] { "FileDescription", "OriginalFilename", "CompanyName" })
            {
                if (version.Strings.TryGetValue(name, out var text))
                {
                    Add(name, text);
                }
            }
        }

        Add("Symbols", image.Pdb?.ToString() ?? "the image does not say");
        Add("Symbol store key", $"{image.TimeDateStamp:X8}{image.SizeOfImage:x}");
        if (isSingle)
        {
            Add("Base", "0x" + image.PreferredBase.ToString("x", CultureInfo.InvariantCulture));
            Add("Size", $"0x{image.SizeOfImage:x} bytes as mapped");
            Add("Exports", image.Exports.ModuleName is { } own ? $"{image.Exports.Functions.Count} as {own}" : "none");
            Add("Imports", image.Imports.Count == 0 ? "none" : string.Join(", ", image.Imports.Select(part => $"{part.Name} ({part.Functions.Count}{(part.IsDelayLoaded ? ", on demand" : string.Empty)})")));
            Add("Relocations", image.Relocations.Count.ToString(CultureInfo.InvariantCulture));
            Add("Functions", image.RuntimeFunctions.Count == 0 ? "not described" : $"{image.RuntimeFunctions.Count} described in .pdata");
            foreach (var section in image.Sections)
            {
                Add("Section", $"{section.Name,-8} 0x{section.Rva:x} to 0x{section.Rva + section.VirtualSize:x}{(section.IsExecutable ? ", code" : string.Empty)}{(section.IsWritable ? ", writable" : string.Empty)}");
            }
        }

        foreach (var problem in image.Problems)
        {
            Add("Problem", problem.Message);
        }

        void Add(string name, string value) => rows.Add(new TargetInfoRow(module.Name, name, value));
    }

    private static IEnumerable<string> QuestionsOf(Target target)
    {
        var hasServices = target.Kind is not (TargetKind.Image or TargetKind.Folder)
            || target.Modules.Any(module => module.Image is { } image && ServiceImage.RoleOf(image) is not (ServiceImageRole.None or ServiceImageRole.WindowManagerPart));
        if (hasServices)
        {
            yield return "syscalls";
        }

        if (target.Kind is TargetKind.Capture or TargetKind.Live or TargetKind.Lab)
        {
            yield return target.Types is null ? "modules"
                : target.Architecture == ProcessorArchitecture.X64 ? "modules, processes, threads, drivers, objects, callbacks, desktops"
                : "modules, processes, threads, drivers, objects, callbacks";
            yield return "syscalls verify";
        }

        yield return target.Kind == TargetKind.KnownBuild ? "symbols, types" : "debug: memory, code, symbols";
    }

    private static string MachineOf(PeImage image) => image.Architecture switch
    {
        ProcessorArchitecture.X86 => "x86",
        ProcessorArchitecture.X64 => "x64",
        ProcessorArchitecture.Arm64 => image.LoadConfiguration?.HybridMetadataRva > 0 ? "ARM64 with code for x64 (ARM64X)" : "ARM64",
        _ => $"machine 0x{image.Machine:x4}, whose code is not read",
    };

    private static string SubsystemOf(PeImage image) => image.Subsystem switch
    {
        1 => "native",
        2 => "Windows",
        3 => "console",
        var other => $"subsystem {other}",
    };

    private static string RoleOf(PeImage image) => ServiceImage.RoleOf(image) switch
    {
        ServiceImageRole.Kernel => "the kernel: holds KiServiceTable",
        ServiceImageRole.WindowManager => "the window manager: holds W32pServiceTable",
        ServiceImageRole.WindowManagerPart => "a part of the window manager: win32k.sys hands services on to it",
        ServiceImageRole.Stubs => "user mode: holds system call stubs",
        _ => "none in system calls",
    };

    private static string Join(params string?[] parts) => string.Join("  ", parts.Where(part => part is not null));
}
