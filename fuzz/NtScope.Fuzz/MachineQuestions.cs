using NtScope.Knowledge;
using NtScope.Reports;
using NtScope.Syscalls;
using NtScope.Syscalls.Verification;
using NtScope.Targets;

namespace NtScope.Fuzz;

/// <summary>Puts every question to a machine. One that cannot be answered any more does not keep the others from being asked.</summary>
internal static class MachineQuestions
{
    public static void Ask(Target target)
    {
        Rows(() => TargetInfo.Describe(target));
        Rows(() => SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, new SyscallOptions()));
        Rows(() => ServiceVerifier.Verify(target, KnowledgeBase.Embedded, references: null));
        if (target.AddressSpaces is { } spaces)
        {
            foreach (var module in target.Modules)
            {
                _ = spaces.Explain(spaces.SystemDirectoryTable, module.Base ?? default).Steps.Select(step => step.ToString()).Count();
            }
        }
    }

    private static void Rows(Func<IReportTable> analyse)
    {
        try
        {
            var report = analyse();
            for (var row = 0; row < report.RowCount; row++)
            {
                for (var column = 0; column < report.Columns.Count; column++)
                {
                    report.CellAt(row, column);
                }
            }
        }
        catch (InputException)
        {
            // A damaged machine may have no answer left.
        }
    }
}
