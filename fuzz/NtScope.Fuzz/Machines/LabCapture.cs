using NtScope.Captures;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Kernel;
using NtScope.Targets;
using NtScope.Testing.Captures;

namespace NtScope.Fuzz.Machines;

/// <summary>A capture of a small lab machine, in memory, and where the walks read in it.</summary>
/// <param name="Name">Its kernel and format.</param>
/// <param name="Bytes">The capture.</param>
/// <param name="Places">Offsets of eight bytes that the walks read when nothing is damaged.</param>
internal sealed record LabCapture(string Name, byte[] Bytes, int[] Places)
{
    /// <summary>Builds an x64 machine, saves it and learns where it is read.</summary>
    public static LabCapture Build(string version, LabFormat format) =>
        Build($"{version} {format}", KnowledgeBase.Embedded.FindKernel(Parse(version))!, format, [LabAttack.HiddenDesktop, LabAttack.ForeignFilter]);

    /// <summary>Builds an x86 machine, saves it and learns where it is read.</summary>
    public static LabCapture BuildNarrow(string version, bool isExtended, LabFormat format) =>
        Build($"{version} x86 {(isExtended ? "PAE " : "")}{format}", LabKernel.Narrow(Parse(version), isExtended), format, []);

    private static LabCapture Build(string name, LabKernel kernel, LabFormat format, LabAttack[] attacks)
    {
        using var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions
        {
            Kernel = kernel,
            MemorySize = 64 << 20,
            Attacks = [LabAttack.RedirectedEntry, LabAttack.UnlinkedProcess, .. attacks],
        });
        var bytes = Save(machine, format);
        var medium = new RecordingMedium(bytes);
        using var target = CaptureTarget.Open(Capture.FromMedium(medium), new TargetOptions());
        for (var question = 0; question < CaptureQuestions.WithoutScan; question++)
        {
            try
            {
                CaptureQuestions.Ask(target, question);
            }
            catch (InputException) when (kernel.IsNarrow)
            {
                // Desktops are not read from x86 captures, damaged or not.
            }
        }

        return new LabCapture(name, bytes, medium.Places);
    }

    private static byte[] Save(MachineMemory machine, LabFormat format) => format switch
    {
        LabFormat.Raw => SaveAs(machine, Lab.Captures.CaptureFormat.Raw),
        LabFormat.Dump => SaveAs(machine, Lab.Captures.CaptureFormat.Dump),
        LabFormat.Bitmap => SaveAs(machine, Lab.Captures.CaptureFormat.Bitmap),
        LabFormat.Elf => SaveAs(machine, Lab.Captures.CaptureFormat.Elf),
        LabFormat.VMware => VMwareWriter.WriteInside(PagesOf(machine), machine.System.DirectoryTable.Value),
        LabFormat.Lime => PlainWriter.Lime(PagesOf(machine)),
        LabFormat.DebuggerKernel => Testing.Captures.CrashDumpWriter.Ranges64(PagesOf(machine), FactsOf(machine), 8),
        LabFormat.DebuggerComplete => Testing.Captures.CrashDumpWriter.Ranges64(PagesOf(machine), FactsOf(machine), 0xA),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    private static byte[] SaveAs(MachineMemory machine, Lab.Captures.CaptureFormat format)
    {
        var path = Path.GetTempFileName();
        try
        {
            CaptureWriter.Write(machine, format, path);
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    // A dump by a debugger names no more than the root of the page tables; the rest has to be found.
    private static CrashDumpFacts FactsOf(MachineMemory machine) => new()
    {
        DirectoryTableBase = machine.System.DirectoryTable.Value,
        LoadedModuleList = 0,
        ActiveProcessHead = 0,
        DebuggerDataBlock = 0,
    };

    // Page 0 is left out: the list of a debugger's dump ends with it.
    private static PhysicalPages PagesOf(MachineMemory machine)
    {
        var pages = new PhysicalPages();
        foreach (var range in machine.Ram.Ranges)
        {
            for (var page = range.Start; page < range.End; page += PhysicalPages.PageSize)
            {
                if (page.Value != 0 && machine.Ram.IsInUse(page))
                {
                    machine.Ram.Span(page, PhysicalPages.PageSize).CopyTo(pages[page.Value / PhysicalPages.PageSize]);
                }
            }
        }

        return pages;
    }

    private static FileVersion Parse(string version) => FileVersion.TryParse(version, out var parsed) ? parsed : throw new ArgumentException(version, nameof(version));
}
