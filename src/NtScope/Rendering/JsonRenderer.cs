using System.Text;
using System.Text.Json;
using NtScope.Reports;

namespace NtScope.Rendering;

/// <summary>Writes the report document: schema, target, rows, notes.</summary>
public sealed class JsonRenderer : IReportRenderer
{
    /// <inheritdoc/>
    public void Render(IReport report, Stream output)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = VisibleJsonEncoder.Instance });
        json.WriteStartObject();
        json.WriteString("schema", report.Schema);
        WriteTarget(json, report.Target);
        json.WritePropertyName("rows");
        WriteRows(json, report);
        json.WriteStartArray("notes");
        foreach (var note in report.Notes)
        {
            json.WriteStringValue(note);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }

    /// <summary>The rows of a table as a JSON array on one line, for formats that have no rows inside rows and for results that are no report.</summary>
    public static string RowsOf(IReportTable table)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = VisibleJsonEncoder.Instance }))
        {
            WriteRows(json, table);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void WriteTarget(Utf8JsonWriter json, TargetSummary target)
    {
        json.WriteStartObject("target");
        json.WriteString("name", target.Name);
        json.WriteString("kind", target.Kind);
        json.WriteString("architecture", target.Architecture);
        json.WriteString("version", target.Version);
        json.WriteString("pdb", target.Pdb);
        json.WriteEndObject();
    }

    private static void WriteRows(Utf8JsonWriter json, IReportTable table)
    {
        json.WriteStartArray();
        var names = table.Columns.Select(column => JsonEncodedText.Encode(column.Name)).ToArray();
        for (var row = 0; row < table.RowCount; row++)
        {
            json.WriteStartObject();
            for (var column = 0; column < names.Length; column++)
            {
                json.WritePropertyName(names[column]);
                WriteCell(json, table.CellAt(row, column));
            }

            WriteFindings(json, table.FindingsAt(row));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCell(Utf8JsonWriter json, Cell cell)
    {
        switch (cell.Kind)
        {
            case CellKind.Text:
                json.WriteStringValue(cell.TextValue);
                break;
            case CellKind.Number:
                json.WriteNumberValue(cell.NumberValue);
                break;
            case CellKind.Address:
            case CellKind.Raw:
                json.WriteStringValue(CellText.Hexadecimal(cell));
                break;
            case CellKind.Flag:
                json.WriteBooleanValue(cell.FlagValue);
                break;
            case CellKind.Texts:
                json.WriteStartArray();
                foreach (var text in cell.TextValues)
                {
                    json.WriteStringValue(text);
                }

                json.WriteEndArray();
                break;
            case CellKind.Rows:
                WriteRows(json, cell.Table);
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    private static void WriteFindings(Utf8JsonWriter json, IReadOnlyList<Finding> findings)
    {
        json.WriteStartArray("findings");
        foreach (var finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("kind", finding.Kind);
            json.WriteString("detail", finding.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
