namespace NtScope.Reports;

/// <summary>A column of a report.</summary>
/// <param name="Name">Its name in JSON, CSV and <c>--columns</c>, in camelCase (<c>stackArguments</c>).</param>
/// <param name="Heading">Its heading for people (<c>Stack args</c>).</param>
/// <param name="Shown">Whether people see it without asking; JSON and CSV always have it.</param>
/// <param name="AlignRight">Whether a table aligns it to the right, as numbers are.</param>
/// <param name="Hexadecimal">Whether people see its numbers in hexadecimal (a service index, an RVA); JSON and CSV keep plain numbers.</param>
/// <param name="Tallied">Whether the summary says how often each of its values occurs (where names come from).</param>
/// <param name="OwnLine">Whether a terminal shows it on a line of its own below the row, since it is long (a prototype).</param>
public sealed record ReportColumn(
    string Name,
    string Heading,
    bool Shown = true,
    bool AlignRight = false,
    bool Hexadecimal = false,
    bool Tallied = false,
    bool OwnLine = false);
