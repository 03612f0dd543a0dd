using System.Text;
using System.Text.Json;
using NtScope.Debugging;
using NtScope.Rendering;

namespace NtScope.Cli.Debugger;

/// <summary>Reads lines of commands from a terminal, a pipe or the command line, and writes what they give. An error ends its line, not the shell.</summary>
internal sealed class DebuggerShell(DebuggerSession session, ShellOptions options)
{
    private bool _failed;

    /// <summary>Runs what is typed, or piped in, to its end.</summary>
    public int Run() => Console.IsInputRedirected ? RunLines(PipedLines(), CancellationToken.None) : RunTerminal();

    /// <summary>Runs lines one after the other.</summary>
    /// <returns>The exit code: unusable input if a command failed.</returns>
    public int RunLines(IEnumerable<string> lines, CancellationToken cancellation)
    {
        using var output = new VisibleTextWriter(new StreamWriter(new BufferedStream(new StandardOutput(), 1 << 16)) { NewLine = "\n" });
        foreach (var line in lines)
        {
            Execute(line, output, echoes: options.Echoes, cancellation);
            output.Flush();
            if (session.HasEnded) break;
        }

        return _failed ? ExitCode.UnusableInput : ExitCode.Done;
    }

    private static IEnumerable<string> PipedLines()
    {
        while (Console.In.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private int RunTerminal()
    {
        Interruption.LeaveToShell();
        using var history = LineHistory.Open();
        var editor = new LineEditor(history, line => Completion.Of(session, line));
        using var output = new VisibleTextWriter(new StreamWriter(new StandardOutput()) { NewLine = "\n", AutoFlush = false });
        output.Write($"{session.Target.Summary.Name}: {session.Target.Modules.Count} modules. .help lists the commands, q ends.\n");
        foreach (var note in session.Target.Notes)
        {
            output.Write(note + "\n");
        }

        output.Flush();
        while (!session.HasEnded && editor.ReadLine(session.Prompt) is { } line)
        {
            if (line.Trim().Length == 0)
            {
                continue;
            }

            history.Add(line);
            using var interruption = new CancellationTokenSource();
            ConsoleCancelEventHandler interrupt = (_, pressed) =>
            {
                pressed.Cancel = true;
                interruption.Cancel();
            };
            Console.CancelKeyPress += interrupt;
            try
            {
                ExecutePaged(line, output, interruption.Token);
            }
            finally
            {
                Console.CancelKeyPress -= interrupt;
            }
        }

        return ExitCode.Done;
    }

    private void ExecutePaged(string line, TextWriter output, CancellationToken cancellation)
    {
        if (!options.Pages)
        {
            Execute(line, output, echoes: false, cancellation);
            output.Flush();
            return;
        }

        var text = new StringWriter();
        using (var visible = new VisibleTextWriter(text))
        {
            Execute(line, visible, echoes: false, cancellation);
        }

        Pager.Show(text.ToString(), output);
    }

    private void Execute(string line, TextWriter output, bool echoes, CancellationToken cancellation)
    {
        session.Log?.Write($"{session.Prompt}{line}\n");
        if (echoes) output.Write($"{session.Prompt}{line}\n");
        var tee = session.Log is { } log ? new TeeWriter(output, log) : output;
        try
        {
            foreach (var result in session.Run(line, cancellation))
            {
                if (options.IsJson) WriteJson(result, tee);
                else result.Write(tee, cancellation);
            }
        }
        catch (DebuggerException failure)
        {
            _failed = true;
            if (options.IsJson) WriteJson(json => json.WriteString("error", failure.Message), tee);
            else tee.Write(failure.Message.TrimEnd('\n') + "\n");
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            tee.Write("^C\n");
        }
    }

    private static void WriteJson(ICommandResult result, TextWriter output)
    {
        if (result.Table is { } table)
        {
            WriteJson(json =>
            {
                json.WritePropertyName("rows");
                json.WriteRawValue(JsonRenderer.RowsOf(table));
            }, output);
            return;
        }

        var text = new StringWriter();
        result.Write(text, CancellationToken.None);
        if (text.GetStringBuilder().Length > 0) WriteJson(json => json.WriteString("text", text.ToString()), output);
    }

    private static void WriteJson(Action<Utf8JsonWriter> write, TextWriter output)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length) + "\n");
    }
}
