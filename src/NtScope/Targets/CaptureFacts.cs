using System.Globalization;
using NtScope.Captures;
using NtScope.Captures.Paging;
using NtScope.Kernel;
using NtScope.Kernel.Locating;

namespace NtScope.Targets;

/// <summary>What can be said of a captured machine at once: from the headers, and where they are silent from its memory.</summary>
internal static class CaptureFacts
{
    private const string TimeFormat = "yyyy-MM-dd HH:mm:ss 'UTC'";

    public static IReadOnlyList<TargetFact> Of(Capture capture, CapturedMachine machine, FoundKernel kernel, string evidence)
    {
        var header = capture.Header;
        var shared = new SharedUserData(machine.Spaces.System);
        var facts = new List<TargetFact>
        {
            new("Format", capture.FormatName),
            new("Physical memory", DescribeMemory(capture)),
            new("Windows", machine.Version?.ToString() ?? "unknown"),
            new("Kernel base", $"{kernel.Base} ({kernel.Evidence})"),
            new("Kernel PDB", kernel.Image.Pdb?.ToString() ?? "unknown: the debug directory is not in the capture"),
            new("Directory table base", $"{machine.Spaces.SystemDirectoryTable} ({evidence})"),
            new("Paging", Describe(machine.Spaces.Mode)),
        };
        Add("Build in header", header.Build);
        Add("Processors", header.ProcessorCount ?? CountProcessors(machine, kernel));
        Add("Taken", (header.Time ?? shared.Time)?.ToString(TimeFormat, CultureInfo.InvariantCulture));
        Add("Up time", (header.UpTime ?? shared.UpTime)?.ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture));
        Add("Bug check", header.BugCheckCode is { } code
            ? $"{code:X} ({string.Join(", ", header.BugCheckParameters.Select(parameter => parameter.ToString("x16", CultureInfo.InvariantCulture)))})"
            : null);
        Add("Comment", header.Comment);
        Add("Modules", machine.Modules.Count);
        Add("Sessions", machine.Sessions.Count);
        Add("Layouts", machine.Types?.Origin ?? "none that fit");
        facts.AddRange(Missing(capture, machine, kernel).Select(missing => new TargetFact("Missing", missing)));
        return facts;

        void Add(string name, object? value)
        {
            if (value is not null)
            {
                facts.Add(new TargetFact(name, Convert.ToString(value, CultureInfo.InvariantCulture)!));
            }
        }
    }

    private static string DescribeMemory(Capture capture)
    {
        var runs = capture.Ranges.Count;
        return $"{Capture.Size(capture.Length)} in {runs.ToString(CultureInfo.InvariantCulture)} {(runs == 1 ? "run" : "runs")}, up to {capture.End}";
    }

    private static IEnumerable<string> Missing(Capture capture, CapturedMachine machine, FoundKernel kernel)
    {
        ulong holes = 0, end = 0;
        var count = 0;
        foreach (var range in capture.Ranges)
        {
            if (range.Start.Value > end)
            {
                holes += range.Start.Value - end;
                count++;
            }

            end = range.Start.Value + range.Length;
        }

        if (count > 0)
        {
            yield return $"{Capture.Size(holes)} of physical addresses in {count.ToString(CultureInfo.InvariantCulture)} {(count == 1 ? "hole" : "holes")}: devices, or pages that were left out";
        }

        if (machine.Modules.Where(module => module.Image is null).Select(module => module.Name).ToArray() is { Length: > 0 } headless)
        {
            yield return $"the headers of {headless.Length.ToString(CultureInfo.InvariantCulture)} of {machine.Modules.Count.ToString(CultureInfo.InvariantCulture)} modules: {string.Join(", ", headless.Take(8))}{(headless.Length > 8 ? ", ..." : string.Empty)}";
        }

        if (kernel.Image.Version is null)
        {
            yield return "the kernel's version resource";
        }

        if (capture.Header.Processors.Count == 0)
        {
            yield return "the processors' registers";
        }
    }

    // KeNumberProcessors is exported: a byte on x64 since Windows 7 and on x86, whose other bytes are zero.
    private static uint? CountProcessors(CapturedMachine machine, FoundKernel kernel) =>
        kernel.Image.Exports.TryGetRva("KeNumberProcessors", out var rva)
        && machine.Spaces.System.TryReadByte(kernel.Base + rva, out var count, out _)
        && count > 0
            ? count
            : null;

    private static string Describe(PagingMode mode) => mode switch
    {
        PagingMode.FourLevel => "x64, four levels",
        PagingMode.FiveLevel => "x64, five levels",
        PagingMode.Extended => "x86 with PAE",
        _ => "x86 without PAE",
    };
}
