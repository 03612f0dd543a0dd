using NtScope.Captures;
using NtScope.Captures.Paging;
using NtScope.Kernel.Locating;
using NtScope.Reports;

namespace NtScope.Targets;

/// <summary>Makes a target of a crash dump or memory capture: finds the page tables, the kernel, its names and layouts, its modules and sessions.</summary>
internal static class CaptureTarget
{
    /// <summary>Opens a capture.</summary>
    /// <exception cref="InputException">The file is no capture, or no Windows kernel can be found in it.</exception>
    public static Target Open(string path, TargetOptions options) => Open(Capture.Open(path), options);

    /// <summary>Makes a target of a capture that is open; the target owns it, and it is closed where none can be made.</summary>
    /// <exception cref="InputException">No Windows kernel can be found in it.</exception>
    public static Target Open(Capture capture, TargetOptions options)
    {
        try
        {
            return Create(capture, options);
        }
        catch
        {
            capture.Dispose();
            throw;
        }
    }

    private static Target Create(Capture capture, TargetOptions options)
    {
        var (spaces, kernel, evidence) = FindKernel(capture, options.Progress, options.Cancellation);
        var machine = CapturedMachine.Read(capture, spaces, kernel, options);
        var architecture = kernel.Image.Architecture;
        return new Target(new CapturedSource(capture, machine.SymbolFile, machine.ModuleSymbols))
        {
            Kind = capture.Format == CaptureFormat.Machine ? TargetKind.Lab : TargetKind.Capture,
            Summary = new TargetSummary(
                capture.Name,
                capture.Format == CaptureFormat.Machine ? "machine" : "capture",
                architecture == ProcessorArchitecture.Unknown ? null : architecture.ToString().ToLowerInvariant(),
                machine.Version?.ToString(),
                kernel.Image.Pdb?.ToString()),
            Architecture = architecture,
            Memory = machine.Spaces.System,
            Modules = machine.Modules,
            IsModuleListWhole = machine.IsModuleListWhole,
            Types = machine.Types,
            LayoutProblem = machine.LayoutProblem,
            Physical = capture,
            AddressSpaces = machine.Spaces,
            Sessions = machine.Sessions,
            Facts = CaptureFacts.Of(capture, machine, kernel, evidence),
            Notes = [.. capture.Problems, .. machine.Notes],
        };
    }

    private static (AddressSpaces Spaces, FoundKernel Kernel, string Evidence) FindKernel(
        Capture capture, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        var header = capture.Header;
        var tried = 0;
        var searchPages = Limits.KernelSearchPages;
        foreach (var candidate in DirectoryTableFinder.Find(capture, progress, cancellation).Take(Limits.DirectoryTableCandidates))
        {
            cancellation.ThrowIfCancellationRequested();
            tried++;
            var spaces = new AddressSpaces(capture, candidate.Mode, candidate.Root);
            var hints = new KernelHints
            {
                LoadedModuleList = header.LoadedModuleList,
                DebuggerDataBlock = header.DebuggerDataBlock,
                InsideKernel =
                [
                    .. Known(candidate.InsideKernel),
                    .. header.Processors.SelectMany(processor => Known(processor.SystemCallEntry)),
                    .. header.Processors.SelectMany(processor => Known(processor.InstructionPointer)),
                ],
                InterruptTable = header.Processors.Select(processor => processor.InterruptTable).FirstOrDefault(table => table is not null),
            };
            if (KernelFinder.Find(spaces.System, hints, ref searchPages, cancellation) is { } kernel)
            {
                return (spaces, kernel, candidate.Evidence);
            }
        }

        var reason = tried == 0
            ? $"this {capture.FormatName} holds no page tables of a Windows{Limit(capture, tried, searchPages)}: is it a capture of physical memory?"
            : $"no Windows kernel is mapped by the page tables of this {capture.FormatName} ({tried} {(tried == 1 ? "root was" : "roots were")} tried{Limit(capture, tried, searchPages)})";
        throw new InputException(capture.Name, string.Join(' ', capture.Problems.Prepend(capture.Problems.Count > 0 ? reason + "." : reason)));
    }

    // A search that a bound ended must not sound as if it had seen everything.
    private static string Limit(Capture capture, int tried, int searchPages) =>
        tried == Limits.DirectoryTableCandidates ? ", which is as many as are tried"
        : searchPages <= 0 ? "; the search for the kernel's image was ended early"
        : capture.Length > Limits.DirectoryTableSearchBytes ? $"; only the first {Capture.Size(Limits.DirectoryTableSearchBytes)} were searched for them"
        : string.Empty;

    private static IEnumerable<VirtualAddress> Known(params VirtualAddress?[] addresses) => addresses.OfType<VirtualAddress>();
}
