using System.CommandLine;
using System.Globalization;
using NtScope.Cli.Terminal;
using NtScope.Images;
using NtScope.Lab.Captures;
using NtScope.Lab.Drivers;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine;
using NtScope.Rendering;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope lab capture</c>: writes the memory of a simulated machine to a file.</summary>
internal static class LabCaptureCommand
{
    private const string DefaultKernel = "10.0.18362.476";
    private const string NarrowSuffix = "-x86";

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
        ["changed-limit"] = LabAttack.ChangedLimit,
        ["changed-arguments"] = LabAttack.ChangedArguments,
        ["patched-stub"] = LabAttack.PatchedStub,
        ["unlinked-thread"] = LabAttack.UnlinkedThread,
        ["unlinked-driver"] = LabAttack.UnlinkedDriver,
        ["unlinked-module"] = LabAttack.UnlinkedModule,
        ["foreign-filter"] = LabAttack.ForeignFilter,
        ["hostile-name"] = LabAttack.HostileName,
        ["redirected-win32k-entry"] = LabAttack.RedirectedWin32kEntry,
        ["hooked-win32k-routine"] = LabAttack.HookedWin32kRoutine,
        ["relocated-win32k-table"] = LabAttack.RelocatedWin32kTable,
        ["misdirected-entry"] = LabAttack.MisdirectedEntry,
        ["changed-service-limit"] = LabAttack.ChangedServiceLimit,
        ["changed-entry-arguments"] = LabAttack.ChangedEntryArguments,
        ["patched-win32u-stub"] = LabAttack.PatchedWin32uStub,
        ["foreign-dispatch"] = LabAttack.ForeignDispatch,
        ["foreign-device"] = LabAttack.ForeignDevice,
        ["foreign-registrations"] = LabAttack.ForeignRegistrations,
    };

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var output = new Argument<string>("out") { Description = "The file to write" };
        var kernel = new Option<string>("--kernel") { HelpName = "version", Description = $"The kernel's file version or PDB GUID and age ({DefaultKernel}); x86 with -x86 behind the version", DefaultValueFactory = _ => DefaultKernel };
        var format = new Option<string?>("--format") { Description = "How to save it (by OUT's ending: .dmp a dump, .elf a core, else raw)" };
        format.AcceptOnlyFromAmong([.. Formats.Keys]);
        var attack = new Option<string[]>("--attack") { Description = "What malware did to it; may be given more than once", AllowMultipleArgumentsPerToken = true };
        attack.AcceptOnlyFromAmong([.. Attacks.Keys]);
        var size = new Option<string>("--size") { HelpName = "bytes", Description = "Its RAM, 64M to 64G", DefaultValueFactory = _ => "256M" };
        var seed = new Option<int>("--seed") { HelpName = "number", Description = "Decides addresses and everything else that chance decides at boot", DefaultValueFactory = _ => 1 };
        var start = new Option<string?>("--base") { HelpName = "address", Description = "Where the kernel is mapped" };
        var legacy = new Option<bool>("--no-pae") { Description = "An x86 kernel without physical address extension" };
        var smear = new Option<int>("--smear") { HelpName = "pages", Description = "How many pages hold bytes of another moment" };
        var drivers = new Option<string[]>("--drivers") { HelpName = "a.sys,b.sys", Description = "Load and run these x64 drivers first", AllowMultipleArgumentsPerToken = true };
        var scenario = new Option<string?>("--scenario") { HelpName = "file", Description = "What happens to the drivers: a JSON array of lines as 'ntscope lab shell' takes them" };
        var images = new Option<string?>("--images-out") { HelpName = "folder", Description = "Also write the files of the machine's images there, for syscalls verify --images" };
        var command = new Command("capture", "Writes the memory of a simulated machine to a file") { output, kernel, format, attack, size, seed, start, legacy, smear, images, drivers, scenario };
        command.SetAction(parsed =>
        {
            var chosen = FindKernel(parsed.GetValue(kernel)!, isExtended: !parsed.GetValue(legacy));
            var path = parsed.GetValue(output)!;
            var saved = parsed.GetValue(format) is { } named ? Formats[named] : FormatOf(path);
            string[] loaded = [.. (parsed.GetValue(drivers) ?? []).SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
            if (loaded.Length > 0)
            {
                if (parsed.GetValue(attack) is { Length: > 0 } || parsed.GetValue(smear) > 0 || parsed.GetValue(images) is not null)
                {
                    throw new InputException("--drivers", "attacks, smear and image files are for machines whose drivers do not run: leave --attack, --smear and --images-out out");
                }

                var lines = parsed.GetValue(scenario) is { } script ? LabRunCommand.ReadScenario(script) : [];
                return SupervisedProcess.Supervise(() => RunDrivers(path, saved, loaded, lines, new LabMachineOptions
                {
                    Kernel = chosen.IsNarrow ? throw new InputException("--kernel", "drivers run on x64 kernels only") : chosen,
                    MemoryBytes = LabMachineOptions.MemoryIn(ParseSize(parsed.GetValue(size)!)),
                    Seed = parsed.GetValue(seed),
                    KernelBase = ParseBase(parsed.GetValue(start), isNarrow: false),
                    Windows = true,
                }));
            }

            if (parsed.GetValue(scenario) is not null)
            {
                throw new InputException("--scenario", "nothing happens on a machine without drivers: name them by --drivers");
            }

            return Run(
                path,
                saved,
                parsed.GetValue(images),
                new MachineMemoryOptions
                {
                    Kernel = chosen,
                    MemorySize = ParseSize(parsed.GetValue(size)!),
                    Seed = parsed.GetValue(seed),
                    KernelBase = ParseBase(parsed.GetValue(start), chosen.IsNarrow),
                    Attacks = [.. (parsed.GetValue(attack) ?? []).Select(name => Attacks[name]).Distinct()],
                    SmearedPages = parsed.GetValue(smear) is >= 0 and <= 4096 and var pages ? pages : throw new InputException("--smear", "from 0 to 4096 pages"),
                });
        });
        return command;
    }

    private static int RunDrivers(string path, CaptureFormat format, string[] drivers, IReadOnlyList<string> scenario, LabMachineOptions options)
    {
        using var output = new VisibleWriter(Console.Out);
        using var machine = new LabMachine(options);
        var console = new LabConsole(machine, output);
        try
        {
            foreach (var driver in drivers)
            {
                console.Load(driver);
            }

            foreach (var line in scenario)
            {
                output.WriteLine("> " + line);
                if (!console.Execute(line))
                {
                    return ExitCode.UnusableInput;
                }
            }
        }
        catch (MachineStoppedException)
        {
            console.PrintDebugOutput();
            output.WriteLine("The machine stopped; its memory is saved as it is.");
            console.PrintFindings(machine.Findings);
        }

        var memory = machine.Save(path, format);
        output.WriteLine($"Wrote {Describe(path, format, memory)}, {console.Drivers.Count} drivers that run.");
        return machine.Findings.Count == 0 ? ExitCode.Done : ExitCode.Findings;
    }

    private static string Describe(string path, CaptureFormat format, MachineMemory machine) =>
        $"{Path.GetFileName(path)} ({Formats.First(known => known.Value == format).Key}): {machine.Version} at {machine.Kernel.Base}, {machine.Ram.Size >> 20} MiB, {machine.Processes.Count} processes";

    private static int Run(string output, CaptureFormat format, string? images, MachineMemoryOptions options)
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
        catch (ArgumentException impossible)
        {
            throw new InputException(output, $"the machine cannot be built: {FirstLine(impossible)}", impossible);
        }

        using (machine)
        {
            try
            {
                CaptureWriter.Write(machine, format, output);
            }
            catch (ArgumentException impossible)
            {
                throw new InputException(output, $"the machine cannot be saved: {FirstLine(impossible)}", impossible);
            }

            Console.Out.WriteLine($"Wrote {Describe(output, format, machine)}.");
            foreach (var trace in machine.Traces)
            {
                Console.Out.WriteLine($"Planted {Attacks.First(attack => attack.Value == trace.Attack).Key}: {VisibleText.Of(trace.Name)} at {trace.Address}{(trace.Session is { } number ? $" of session {number}" : string.Empty)}{(trace.Target.IsZero ? string.Empty : $", leads to {trace.Target}")}.");
            }
        }

        if (images is not null)
        {
            Console.Out.WriteLine($"Wrote the files of {ImageFileWriter.Write(options, images)} images to {images}.");
        }

        return ExitCode.Done;
    }

    private static CaptureFormat FormatOf(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".DMP" => CaptureFormat.Dump,
        ".ELF" or ".CORE" => CaptureFormat.Elf,
        _ => CaptureFormat.Raw,
    };

    // Without what .NET adds of the parameter.
    private static string FirstLine(ArgumentException exception) => exception.Message.Split([" (Parameter", Environment.NewLine], StringSplitOptions.None)[0];

    private static LabKernel FindKernel(string name, bool isExtended)
    {
        var isNarrow = name.EndsWith(NarrowSuffix, StringComparison.OrdinalIgnoreCase);
        var hasVersion = FileVersion.TryParse(isNarrow ? name[..^NarrowSuffix.Length] : name, out var version);
        if (!isNarrow && (hasVersion ? LabKernel.Wide.FirstOrDefault(kernel => kernel.Version == version) : LabKernel.Wide.FirstOrDefault(kernel => kernel.Pdb.StoreKey.Equals(name, StringComparison.OrdinalIgnoreCase))) is { } wide)
        {
            return isExtended ? wide : throw new InputException("--no-pae", $"{wide.Version} is an x64 kernel; x86 ones are named like {LabKernel.NarrowVersions[0]}{NarrowSuffix}");
        }

        if (hasVersion && LabKernel.NarrowVersions.Contains(version))
        {
            try
            {
                return LabKernel.Narrow(version, isExtended);
            }
            catch (ArgumentException impossible)
            {
                throw new InputException("--no-pae", FirstLine(impossible), impossible);
            }
        }

        string[] near = version.Build == 0 ? [] :
        [
            .. isNarrow ? [] : LabKernel.Wide.Where(kernel => kernel.Version.Build == version.Build).Take(5).Select(kernel => kernel.Version.ToString()),
            .. LabKernel.NarrowVersions.Where(kernel => kernel.Build == version.Build).Select(kernel => kernel + NarrowSuffix),
        ];
        throw new InputException("--kernel", near.Length > 0
            ? $"{name} is not known; of its build {string.Join(", ", near)} are"
            : $"{name} is not a kernel that the lab knows: {LabKernel.Wide.Count} of x64 from {LabKernel.Wide[0].Version} to {LabKernel.Wide[^1].Version} are, and of x86 {string.Join(", ", LabKernel.NarrowVersions.Select(kernel => kernel + NarrowSuffix))}");
    }

    private static ulong ParseSize(string text)
    {
        var scale = text.Length > 0 ? char.ToUpperInvariant(text[^1]) switch { 'M' => 20, 'G' => 30, _ => 0 } : 0;
        return ulong.TryParse(scale > 0 ? text.AsSpan(0, text.Length - 1) : text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number << scale >> scale == number && number << scale is >= 64ul << 20 and <= 64ul << 30
            ? number << scale
            : throw new InputException("--size", $"{text} is not a size from 64M to 64G");
    }

    private static VirtualAddress? ParseBase(string? text, bool isNarrow)
    {
        if (text is null)
        {
            return null;
        }

        var digits = text.Replace("`", "", StringComparison.Ordinal);
        digits = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? digits[2..] : digits;
        var (lowest, end) = isNarrow ? (0x8000_0000ul, 0x8400_0000ul) : (0xFFFF_F800_0000_0000, 0xFFFF_F87F_0000_0000);
        return ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var address) && address % 0x1000 == 0 && address >= lowest && address < end
            ? new VirtualAddress(address)
            : throw new InputException("--base", $"{text} is not a page from {lowest:x} to {end:x}");
    }
}
