using System.Globalization;
using System.Text.Json;
using NtScope.Reports;

namespace NtScope.Desktops;

/// <summary>Reads a report <c>ntscope.desktops/1</c> back from JSON.</summary>
public static class DesktopReportReader
{
    /// <summary>Reads a report.</summary>
    /// <param name="stream">The document.</param>
    /// <param name="input">What errors call it: the file's name.</param>
    /// <exception cref="InputException">It is too long, no JSON, or another schema's report; the message says which and where.</exception>
    public static Report<DesktopRow> Read(Stream stream, string input)
    {
        if (stream.CanSeek && stream.Length > Limits.ReportBytes)
        {
            throw new InputException(input, $"a report of {stream.Length} bytes is more than the {Limits.ReportBytes} that are read");
        }

        try
        {
            using var document = JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = Limits.ReportDepth });
            return ReadDocument(document.RootElement, input);
        }
        catch (JsonException exception)
        {
            throw new InputException(input, $"not a JSON report (line {(exception.LineNumber ?? 0) + 1}): write one with --format json", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new InputException(input, "a text of the report is not valid Unicode", exception);
        }
    }

    private static Report<DesktopRow> ReadDocument(JsonElement root, string input)
    {
        var schema = Text(root, "schema");
        if (!string.Equals(schema, DesktopReport.Schema, StringComparison.Ordinal))
        {
            throw new InputException(input, $"schema is {schema ?? "missing"}, not {DesktopReport.Schema}");
        }

        var target = Child(root, "target");
        var summary = new TargetSummary(
            Text(target, "name") ?? input,
            Text(target, "kind") ?? "live",
            Text(target, "architecture"),
            Text(target, "version"),
            Text(target, "pdb"));
        return new Report<DesktopRow>(DesktopReport.Schema, summary, [.. Items(root, "rows").Select(ReadRow)], Texts(root, "notes"));
    }

    private static DesktopRow ReadRow(JsonElement row) => new()
    {
        Session = Integer(row, "session") is { } session ? (int)session : null,
        WindowStation = Text(row, "windowStation"),
        Name = Text(row, "name"),
        Role = ReadRole(Text(row, "role")),
        Input = Flag(row, "input"),
        Object = Hexadecimal(row, "object") is { } value ? new VirtualAddress(value) : null,
        SeenBy = Texts(row, "seenBy"),
        Flags = (uint?)Hexadecimal(row, "flags"),
        HeapKilobytes = Integer(row, "heapSize"),
        User = Text(row, "sid"),
        Sddl = Text(row, "sddl"),
        Access = Texts(row, "access"),
        Processes = [.. Items(row, "processes").Select(ReadProcess)],
        Holders = [.. Items(row, "holders").Select(ReadProcess)],
        Threads = [.. Items(row, "threads").Select(static thread => new DesktopThread(Integer(thread, "tid") ?? 0, Integer(thread, "pid") ?? 0, Text(thread, "process")))],
        Windows = [.. Items(row, "windows").Select(ReadWindow)],
        Findings = [.. Items(row, "findings").Select(static finding => new Finding(Text(finding, "kind") ?? "", Text(finding, "detail") ?? ""))],
    };

    private static DesktopProcess ReadProcess(JsonElement process) => new(
        Integer(process, "pid") ?? 0,
        Text(process, "name"),
        Text(process, "path"),
        Text(process, "commandLine"),
        DateTimeOffset.TryParse(Text(process, "started"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var started) ? started : null);

    private static DesktopWindow ReadWindow(JsonElement window) => new(
        Hexadecimal(window, "handle") ?? 0,
        Text(window, "class"),
        Text(window, "title"),
        Integer(window, "pid"),
        Integer(window, "tid"),
        Flag(window, "visible"),
        Text(window, "cloaked"));

    private static DesktopRole ReadRole(string? text) => Enum.GetValues<DesktopRole>().FirstOrDefault(role => string.Equals(role.ToText(), text, StringComparison.Ordinal));

    private static JsonElement Child(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var child) ? child : default;

    private static string? Text(JsonElement parent, string name) => Child(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static uint? Integer(JsonElement parent, string name) =>
        Child(parent, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetUInt32(out var value) ? value : null;

    private static bool? Flag(JsonElement parent, string name) => Child(parent, name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static ulong? Hexadecimal(JsonElement parent, string name) =>
        Text(parent, name) is ['0', 'x', .. var digits] && ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;

    private static List<JsonElement> Items(JsonElement parent, string name) =>
        Child(parent, name) is { ValueKind: JsonValueKind.Array } array ? [.. array.EnumerateArray()] : [];

    private static IReadOnlyList<string> Texts(JsonElement parent, string name) =>
        [.. Items(parent, name).Where(static item => item.ValueKind == JsonValueKind.String).Select(static item => item.GetString()!)];
}
