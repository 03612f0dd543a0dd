using NtScope.Reports;

namespace NtScope.Desktops;

/// <summary>Gives each desktop its role and marks those that hide something.</summary>
public static class DesktopTriage
{
    /// <summary>
    /// The rows with role and, where it applies, the finding <c>hidden-desktop</c>: an unknown desktop that does not receive input and has
    /// processes on it, or none but some that hold it open. It names them with image, command line and the time since when the oldest has been there.
    /// </summary>
    /// <param name="rows">The rows as a source made them.</param>
    /// <param name="managed">The names of the desktops that this program keeps; none for a capture.</param>
    public static IReadOnlyList<DesktopRow> Judge(IEnumerable<DesktopRow> rows, IReadOnlyCollection<string> managed)
    {
        var judged = new List<DesktopRow>();
        foreach (var row in rows)
        {
            var role = DesktopRoles.Of(row, managed);
            var hidden = row.Name is not null && role == DesktopRole.None && row.Input != true && (row.Processes.Count > 0 || row.Holders.Count > 0);
            judged.Add(row with { Role = role, Findings = hidden ? [.. row.Findings, Hidden(row)] : row.Findings });
        }

        return judged;
    }

    private static Finding Hidden(DesktopRow row)
    {
        var processes = row.Processes.Count > 0 ? row.Processes : row.Holders;
        var since = processes.Where(static process => process.Started is not null).MinBy(static process => process.Started)?.StartedText;
        var who = (row.Processes.Count, row.Holders.Count) switch
        {
            (1, _) => "a process lives on it",
            (> 1, _) => $"{row.Processes.Count} processes live on it",
            (_, 1) => "a process holds it open",
            _ => $"{row.Holders.Count} processes hold it open",
        };
        return new Finding(
            DesktopFindings.HiddenDesktop,
            $"{row.Name} is no known desktop, {(row.Input == false ? "nobody sees it" : "nothing shows that anybody sees it")}, and {who}"
            + (since is null ? "" : $" since {since}") + ": " + string.Join("; ", processes.Select(Describe)));
    }

    private static string Describe(DesktopProcess process)
    {
        var name = $"{process.Name ?? "a process"} ({process.Pid})";
        return (process.CommandLine, process.Path) switch
        {
            ({ } line, { } path) when !line.Contains(path, StringComparison.OrdinalIgnoreCase) => $"{name} {path}, started as {line}",
            ({ } line, _) => $"{name} {line}",
            (null, { } path) => $"{name} {path}",
            _ => name,
        };
    }
}
