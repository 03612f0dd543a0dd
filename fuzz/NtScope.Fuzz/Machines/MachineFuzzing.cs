using System.Diagnostics;
using NtScope.Captures;
using NtScope.Targets;

namespace NtScope.Fuzz.Machines;

/// <summary>
/// Puts questions to damaged captures of lab machines. A round opens a capture that is damaged, asks, and goes on asking with further damage each time.
/// A round's number is its seed.
/// </summary>
internal sealed class MachineFuzzing
{
    /// <summary>Cases in a round, if its capture can be opened at all.</summary>
    public const int CasesInRound = 8;

    private const int ScanOneOf = 40;
    private const long MostAllocated = 512L << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly LabCapture[] _captures;

    private MachineFuzzing(LabCapture[] captures) => _captures = captures;

    /// <summary>How many cases were tried.</summary>
    public int Cases { get; private set; }

    /// <summary>How many were refused with an <see cref="InputException"/>.</summary>
    public int Refused { get; private set; }

    /// <summary>The longest that a case took.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>What was wrong, a sentence each.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Machines of several kernels in several formats.</summary>
    public static MachineFuzzing Create() => new(
    [
        LabCapture.Build("10.0.18362.476", Lab.Captures.CaptureFormat.Raw),
        LabCapture.Build("6.1.7601.24540", Lab.Captures.CaptureFormat.Dump),
        LabCapture.Build("10.0.22000.318", Lab.Captures.CaptureFormat.Bitmap),
        LabCapture.Build("10.0.14393.4583", Lab.Captures.CaptureFormat.Elf),
        LabCapture.BuildNarrow("5.1.2600.5512", isExtended: false, Lab.Captures.CaptureFormat.Raw),
        LabCapture.BuildNarrow("6.1.7601.17514", isExtended: true, Lab.Captures.CaptureFormat.Dump),
        LabCapture.BuildNarrow("10.0.19041.1288", isExtended: true, Lab.Captures.CaptureFormat.Elf),
    ]);

    /// <summary>Plays a round.</summary>
    public void Round(int seed)
    {
        var random = new Random(seed);
        var capture = _captures[random.Next(_captures.Length)];
        using var damage = CaptureDamage.Do(capture, random);
        Target? target = null;
        Try(capture, seed, "opening", () => target = CaptureTarget.Open(Capture.FromBytes(capture.Bytes, "capture"), new TargetOptions()));
        using (target)
        {
            for (var number = 1; number < CasesInRound && target is not null; number++)
            {
                using var further = CaptureDamage.Do(capture, random);
                var question = random.Next(ScanOneOf) == 0 ? random.Next(CaptureQuestions.Count) : random.Next(CaptureQuestions.WithoutScan);
                Try(capture, seed, $"question {question} of case {number}", () => CaptureQuestions.Ask(target, question));
            }
        }
    }

    private void Try(LabCapture capture, int seed, string what, Action work)
    {
        Cases++;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        try
        {
            work();
        }
        catch (InputException)
        {
            Refused++;
        }
        catch (Exception problem)
        {
            Failures.Add($"round {seed}, {capture.Name}, {what}: {problem}");
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Slowest = watch.Elapsed > Slowest ? watch.Elapsed : Slowest;
        if (watch.Elapsed > Longest || allocated > MostAllocated)
        {
            Failures.Add($"round {seed}, {capture.Name}, {what}: took {watch.Elapsed.TotalMilliseconds:f0} ms and {allocated >> 20} MB");
        }
    }
}
