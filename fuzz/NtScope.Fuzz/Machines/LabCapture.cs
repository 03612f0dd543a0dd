using NtScope.Captures;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Kernel;
using NtScope.Targets;

namespace NtScope.Fuzz.Machines;

/// <summary>A capture of a small lab machine, in memory, and where the walks read in it.</summary>
/// <param name="Name">Its kernel and format.</param>
/// <param name="Bytes">The capture.</param>
/// <param name="Places">Offsets of eight bytes that the walks read when nothing is damaged.</param>
internal sealed record LabCapture(string Name, byte[] Bytes, int[] Places)
{
    /// <summary>Builds an x64 machine, saves it and learns where it is read.</summary>
    public static LabCapture Build(string version, Lab.Captures.CaptureFormat format) =>
        Build($"{version} {format}", KnowledgeBase.Embedded.FindKernel(Parse(version))!, format, [LabAttack.HiddenDesktop, LabAttack.ForeignFilter]);

    /// <summary>Builds an x86 machine, saves it and learns where it is read.</summary>
    public static LabCapture BuildNarrow(string version, bool isExtended, Lab.Captures.CaptureFormat format) =>
        Build($"{version} x86 {(isExtended ? "PAE " : "")}{format}", LabKernel.Narrow(Parse(version), isExtended), format, []);

    private static LabCapture Build(string name, LabKernel kernel, Lab.Captures.CaptureFormat format, LabAttack[] attacks)
    {
        using var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions
        {
            Kernel = kernel,
            MemorySize = 64 << 20,
            Attacks = [LabAttack.RedirectedEntry, LabAttack.UnlinkedProcess, .. attacks],
        });
        var path = Path.GetTempFileName();
        try
        {
            CaptureWriter.Write(machine, format, path);
            var bytes = File.ReadAllBytes(path);
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
        finally
        {
            File.Delete(path);
        }
    }

    private static FileVersion Parse(string version) => FileVersion.TryParse(version, out var parsed) ? parsed : throw new ArgumentException(version, nameof(version));
}
