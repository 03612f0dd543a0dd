using System.Runtime.Versioning;
using System.Text.Json;
using NtScope.Desktops;

namespace NtScope.Windows.Management;

/// <summary>Which programs stand on which desktop, kept in a file (<c>ntscope.desktops-saved/1</c>).</summary>
/// <param name="Desktops">The desktops with the command lines of their programs.</param>
public sealed record SavedDesktops(IReadOnlyList<SavedDesktop> Desktops)
{
    private const string Schema = "ntscope.desktops-saved/1";
    private const int MostPrograms = 1000;

    /// <summary>The programs with a visible window on each desktop that programs can be started on.</summary>
    [SupportedOSPlatform("windows")]
    public static SavedDesktops Present()
    {
        var desktops = new List<SavedDesktop>();
        foreach (var name in DesktopManager.Names())
        {
            if (DesktopRoles.Of(new DesktopRow { Name = name }, []) is not (DesktopRole.None or DesktopRole.Default))
            {
                continue;
            }

            var inhabitants = DesktopInhabitants.Of(name, [(uint)Environment.ProcessId]);
            var shown = inhabitants.Windows.Where(static window => window.Visible == true).Select(static window => window.Pid!.Value).ToHashSet();
            desktops.Add(new SavedDesktop(name, [.. inhabitants.Processes.Where(process => shown.Contains(process.Pid) && process.CommandLine is not null).Select(static process => process.CommandLine!)]));
        }

        return new SavedDesktops(desktops);
    }

    /// <summary>Reads a file that <see cref="Write"/> wrote.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="input">Its name, for errors.</param>
    /// <exception cref="InputException">It is no such file.</exception>
    public static SavedDesktops Read(Stream stream, string input)
    {
        try
        {
            using var document = JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = Limits.ReportDepth, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (!document.RootElement.TryGetProperty("schema", out var schema) || !schema.ValueEquals(Schema))
            {
                throw new InputException(input, $"not a file of saved desktops ({Schema})");
            }

            var desktops = document.RootElement.GetProperty("desktops").EnumerateArray()
                .Select(static desktop => new SavedDesktop(
                    desktop.GetProperty("name").GetString() ?? "",
                    [.. desktop.GetProperty("programs").EnumerateArray().Select(static program => program.GetString() ?? "").Where(static program => program.Length > 0)]))
                .ToList();
            return desktops.Sum(static desktop => desktop.Programs.Count) > MostPrograms
                ? throw new InputException(input, $"more than {MostPrograms} programs")
                : new SavedDesktops(desktops);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InputException(input, $"not a file of saved desktops: {exception.Message.TrimEnd('.')}", exception);
        }
    }

    /// <summary>Writes the file.</summary>
    public void Write(Stream stream)
    {
        using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteString("schema", Schema);
        writer.WriteStartArray("desktops");
        foreach (var desktop in Desktops)
        {
            writer.WriteStartObject();
            writer.WriteString("name", desktop.Name);
            writer.WriteStartArray("programs");
            foreach (var program in desktop.Programs)
            {
                writer.WriteStringValue(program);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Makes the desktops that are missing and starts the programs that do not run on them.</summary>
    /// <param name="say">Takes a line for each program.</param>
    /// <returns>Whether everything started.</returns>
    [SupportedOSPlatform("windows")]
    public bool Restore(Action<string> say)
    {
        var complete = true;
        foreach (var desktop in Desktops)
        {
            if (desktop.Programs.Count == 0 && !DesktopAccess.Exists(desktop.Name))
            {
                complete &= Try(desktop.Name, () => DesktopManager.New(desktop.Name, null), $"made {desktop.Name}", say);
            }

            var running = DesktopAccess.Exists(desktop.Name)
                ? DesktopManager.ProcessesOf(desktop.Name).Select(static process => process.CommandLine).ToHashSet(StringComparer.OrdinalIgnoreCase)
                : [];
            foreach (var program in desktop.Programs)
            {
                if (running.Contains(program))
                {
                    say($"{desktop.Name}: {program} runs already.");
                    continue;
                }

                complete &= Try(
                    desktop.Name,
                    () => DesktopAccess.Exists(desktop.Name) ? DesktopManager.Run(desktop.Name, program) : DesktopManager.New(desktop.Name, program),
                    $"started {program}",
                    say);
            }
        }

        return complete;
    }

    private static bool Try(string desktop, Func<uint?> start, string done, Action<string> say)
    {
        try
        {
            say($"{desktop}: {done}{(start() is { } pid ? $" ({pid})" : "")}.");
            return true;
        }
        catch (DesktopException exception)
        {
            say($"{desktop}: {exception.Message}.");
            return false;
        }
    }
}
