using NtScope.Captures;
using NtScope.Targets;

namespace NtScope.Fuzz.Machines;

/// <summary>
/// Puts questions to damaged captures of lab machines. Each case damages a capture, opens it anew, so that nothing that was read before hides the
/// damage, and puts one question to it. A case's number is its seed.
/// </summary>
internal sealed class MachineFuzzing
{
    private const int ScanOneOf = 40;

    private readonly LabCapture[] _captures;

    private MachineFuzzing(LabCapture[] captures) => _captures = captures;

    /// <summary>How the cases ended.</summary>
    public CaseMeter Meter { get; } = new();

    /// <summary>How many captures could not be opened for their damage; the rest heard a question.</summary>
    public int Unopened { get; private set; }

    /// <summary>Machines of several kernels in several formats.</summary>
    public static MachineFuzzing Create() => new(
    [
        LabCapture.Build("10.0.18362.476", LabFormat.Raw),
        LabCapture.Build("6.1.7601.24540", LabFormat.Dump),
        LabCapture.Build("10.0.22000.318", LabFormat.Bitmap),
        LabCapture.Build("10.0.14393.4583", LabFormat.Elf),
        LabCapture.Build("10.0.18362.476", LabFormat.VMware),
        LabCapture.Build("10.0.19041.1288", LabFormat.DebuggerKernel),
        LabCapture.Build("6.1.7601.24540", LabFormat.DebuggerComplete),
        LabCapture.Build("10.0.22000.318", LabFormat.Lime),
        LabCapture.BuildNarrow("5.1.2600.5512", isExtended: false, LabFormat.Raw),
        LabCapture.BuildNarrow("6.1.7601.17514", isExtended: true, LabFormat.Dump),
        LabCapture.BuildNarrow("10.0.19041.1288", isExtended: true, LabFormat.Elf),
    ]);

    /// <summary>Plays a case.</summary>
    public void Run(int seed)
    {
        var random = new Random(seed);
        var capture = _captures[random.Next(_captures.Length)];
        using var damage = CaptureDamage.Do(capture, random);
        var question = random.Next(ScanOneOf) == 0 ? random.Next(CaptureQuestions.Count) : random.Next(CaptureQuestions.WithoutScan);
        Meter.Run($"case {seed}, {capture.Name}, question {question}", () =>
        {
            Target target;
            try
            {
                target = CaptureTarget.Open(Capture.FromBytes(capture.Bytes, "capture"), new TargetOptions());
            }
            catch (InputException)
            {
                Unopened++;
                throw;
            }

            using (target)
            {
                CaptureQuestions.Ask(target, question);
            }
        });
    }
}
