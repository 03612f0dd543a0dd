using System.CommandLine;
using System.Globalization;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Machine;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope lab capture</c>: writes the memory of a simulated machine to a file.</summary>
internal static class LabCaptureCommand
{
    private const string DefaultKernel = "10.0.18362.476";
    private static readonly Dictionary<string, CaptureFormat> Formats = new(StringComparer.OrdinalIgnoreCase)
    {
        ["raw"] = CaptureFormat.Raw,
        ["dump"] = CaptureFormat.Dump,
        ["bitmap"] = CaptureFormat.Bitmap,
        ["kernel"] = CaptureFormat.KernelBitmap,
        ["elf"] = CaptureFormat.Elf,
    };

    private static readonly Dictionary<string, LabAttack> Attacks = new(StringComparer.OrdinalIgnoreCase)
    {
        ["redirected-entry"] = LabAttack.RedirectedEntry,
        ["swapped-entries"] = LabAttack.SwappedEntries,
        ["inline-hook"] = LabAttack.InlineHook,
        ["relocated-table"] = LabAttack.RelocatedTable,
        ["unlinked-process"] = LabAttack.UnlinkedProcess,
        ["hidden-desktop"] = LabAttack.HiddenDesktop,
        ["foreign-callback"] = LabAttack.ForeignCallback,
    };

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var output = new Argument<string>("out") { Description = "The file to write" };
        var kernel = new Option<string>("--kernel") { HelpName = "version", Description = $"The kernel's file version or PDB GUID and age ({DefaultKernel})", DefaultValueFactory = _ => DefaultKernel };
        var format = new Option<string?>("--format") { Description = "How to save it (by OUT's ending: .dmp a dump, .elf a core, else raw)" };
        format.AcceptOnlyFromAmong([.. Formats.Keys]);
        var attack = new Option<string[]>("--attack") { Description = "What malware did to it; may be given more than once", AllowMultipleArgumentsPerToken = true };
        attack.AcceptOnlyFromAmong([.. Attacks.Keys]);
        var size = new Option<string>("--size") { HelpName = "bytes", Description = "Its RAM, 64M to 64G", DefaultValueFactory = _ => "256M" };
        var seed = new Option<int>("--seed") { HelpName = "number", Description = "Decides addresses and everything else that chance decides at boot", DefaultValueFactory = _ => 1 };
        var start = new Option<string?>("--base") { HelpName = "address", Description = "Where the kernel is mapped" };
        var smear = new Option<int>("--smear") { HelpName = "pages", Description = "How many pages hold bytes of another moment" };
        var command = new Command("capture", "Writes the memory of a simulated machine to a file") { output, kernel, format, attack, size, seed, start, smear };
        command.SetAction(parsed => Run(
            parsed.GetValue(output)!,
            parsed.GetValue(format) is { } name ? Formats[name] : FormatOf(parsed.GetValue(output)!),
            new MachineMemoryOptions
            {
                Kernel = FindKernel(parsed.GetValue(kernel)!),
                MemorySize = ParseSize(parsed.GetValue(size)!),
                Seed = parsed.GetValue(seed),
                KernelBase = ParseBase(parsed.GetValue(start)),
                Attacks = [.. (parsed.GetValue(attack) ?? []).Select(name => Attacks[name]).Distinct()],
                SmearedPages = parsed.GetValue(smear) is >= 0 and <= 4096 and var pages ? pages : throw new InputException("--smear", "from 0 to 4096 pages"),
            }));
        return command;
    }

    private static int Run(string output, CaptureFormat format, MachineMemoryOptions options)
    {
        MachineMemory machine;
        try
        {
            machine = MachineMemoryBuilder.Build(options);
        }
        catch (InvalidOperationException tooSmall)
        {
            throw new InputException(output, $"the machine cannot be built: {tooSmall.Message}", tooSmall);
        }

        using (machine)
        {
            CaptureWriter.Write(machine, format, output);
            Console.Out.WriteLine($"Wrote {Path.GetFileName(output)} ({Formats.First(known => known.Value == format).Key}): {machine.Version} at {machine.Kernel.Base}, {machine.Ram.Size >> 20} MiB, {machine.Processes.Count} processes.");
            foreach (var trace in machine.Traces)
            {
                Console.Out.WriteLine($"Planted {Attacks.First(attack => attack.Value == trace.Attack).Key}: {trace.Name} at {trace.Address}{(trace.Target.IsZero ? string.Empty : $", leads to {trace.Target}")}.");
            }
        }

        return ExitCode.Done;
    }

    private static CaptureFormat FormatOf(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".DMP" => CaptureFormat.Dump,
        ".ELF" or ".CORE" => CaptureFormat.Elf,
        _ => CaptureFormat.Raw,
    };

    private static KnownKernel FindKernel(string name)
    {
        var known = FileVersion.TryParse(name, out var version) ? KnowledgeBase.Embedded.FindKernel(version) : null;
        known ??= KnowledgeBase.Embedded.Kernels.FirstOrDefault(kernel => kernel.Pdb.StoreKey.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (known is { HasServices: true, Architecture: ProcessorArchitecture.X64 })
        {
            return known;
        }

        var buildable = KnowledgeBase.Embedded.Kernels.Where(kernel => kernel is { HasServices: true, Architecture: ProcessorArchitecture.X64 }).Select(kernel => kernel.Version).ToArray();
        var near = version.Build == 0 ? [] : buildable.Where(kernel => kernel.Build == version.Build).Take(5).ToArray();
        throw new InputException("--kernel", near.Length > 0
            ? $"{name} is not known; of its build {string.Join(", ", near)} are"
            : $"{name} is not an x64 kernel that the lab knows: {buildable.Length} file versions from {buildable[0]} to {buildable[^1]} are");
    }

    private static ulong ParseSize(string text)
    {
        var scale = text.Length > 0 ? char.ToUpperInvariant(text[^1]) switch { 'M' => 20, 'G' => 30, _ => 0 } : 0;
        return ulong.TryParse(scale > 0 ? text.AsSpan(0, text.Length - 1) : text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number << scale >> scale == number && number << scale is >= 64ul << 20 and <= 64ul << 30
            ? number << scale
            : throw new InputException("--size", $"{text} is not a size from 64M to 64G");
    }

    private static VirtualAddress? ParseBase(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var digits = text.Replace("`", "", StringComparison.Ordinal);
        digits = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? digits[2..] : digits;
        return ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var address) && address % 0x1000 == 0 && address is >= 0xFFFF_F800_0000_0000 and < 0xFFFF_F87F_0000_0000
            ? new VirtualAddress(address)
            : throw new InputException("--base", $"{text} is not a page from fffff800`00000000 to fffff87f`00000000");
    }
}
