using NtScope.Callbacks;
using NtScope.Desktops.Captured;
using NtScope.Kernel.Drivers;
using NtScope.Kernel.Modules;
using NtScope.Kernel.Objects;
using NtScope.Kernel.Processes;
using NtScope.Knowledge;
using NtScope.Reports;
using NtScope.Syscalls;
using NtScope.Syscalls.Verification;
using NtScope.Targets;

namespace NtScope.Fuzz.Machines;

/// <summary>The questions that are put to a capture, by number; those that scan all memory come last.</summary>
internal static class CaptureQuestions
{
    private static readonly SurveyOptions Listed = new() { ScanPool = false };

    private static readonly Func<Target, IReportTable>[] All =
    [
        TargetInfo.Describe,
        target => ModuleAnalyser.Analyse(target),
        target => ProcessAnalyser.Analyse(target, Listed),
        target => ThreadAnalyser.Analyse(target, options: Listed),
        target => DriverAnalyser.Analyse(target, Listed),
        target => ObjectAnalyser.Analyse(target),
        target => SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions()),
        target => ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references: null),
        target => CallbackAnalyser.Analyse(target),
        target => CapturedDesktops.Analyse(target, Listed),
        target => ModuleAnalyser.Analyse(target, new SurveyOptions()),
        target => ThreadAnalyser.Analyse(target),
        target => DriverAnalyser.Analyse(target),
    ];

    /// <summary>How many questions there are.</summary>
    public static int Count => All.Length;

    /// <summary>How many of them scan nothing.</summary>
    public const int WithoutScan = 10;

    /// <summary>Asks one question and reads the whole answer.</summary>
    /// <exception cref="InputException">The machine is too damaged to answer it.</exception>
    public static void Ask(Target target, int question)
    {
        var report = All[question](target);
        for (var row = 0; row < report.RowCount; row++)
        {
            for (var column = 0; column < report.Columns.Count; column++)
            {
                report.CellAt(row, column);
            }
        }
    }
}
