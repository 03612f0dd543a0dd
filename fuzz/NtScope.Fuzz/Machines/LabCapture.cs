using NtScope.Captures;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Machine;
using NtScope.Targets;

namespace NtScope.Fuzz.Machines;

/// <summary>A capture of a small lab machine, in memory, and where the walks read in it.</summary>
/// <param name="Name">Its kernel and format.</param>
/// <param name="Bytes">The capture.</param>
/// <param name="Places">Offsets of eight bytes that the walks read when nothing is damaged.</param>
internal sealed record LabCapture(string Name, byte[] Bytes, int[] Places)
{
    /// <summary>Builds a machine, saves it and learns where it is read.</summary>
    public static LabCapture Build(string version, Lab.Captures.CaptureFormat format)
    {
        _ = FileVersion.TryParse(version, out var parsed);
        using var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions
        {
            Kernel = KnowledgeBase.Embedded.FindKernel(parsed)!,
            MemorySize = 64 << 20,
            Attacks = [LabAttack.RedirectedEntry, LabAttack.UnlinkedProcess, LabAttack.HiddenDesktop, LabAttack.ForeignFilter],
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
                CaptureQuestions.Ask(target, question);
            }

            return new LabCapture($"{version} {format}", bytes, medium.Places);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
