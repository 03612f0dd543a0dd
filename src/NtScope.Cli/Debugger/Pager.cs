using System.ComponentModel;
using System.Diagnostics;

namespace NtScope.Cli.Debugger;

/// <summary>Shows text in the user's pager if it is longer than the terminal.</summary>
internal static class Pager
{
    /// <summary>Shows <paramref name="text"/>; straight to <paramref name="output"/> if it is short or there is no pager.</summary>
    public static void Show(string text, TextWriter output)
    {
        if (text.AsSpan().Count('\n') < Console.WindowHeight || !TryPage(text))
        {
            output.Write(text);
            output.Flush();
        }
    }

    private static bool TryPage(string text)
    {
        var command = Environment.GetEnvironmentVariable("PAGER") is { Length: > 0 } named ? named : OperatingSystem.IsWindows() ? "more" : "less";
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            using var pager = Process.Start(new ProcessStartInfo(words[0], words[1..]) { UseShellExecute = false, RedirectStandardInput = true });
            if (pager is null)
            {
                return false;
            }

            try
            {
                pager.StandardInput.Write(text);
                pager.StandardInput.Close();
            }
            catch (IOException)
            {
                // The reader has seen enough.
            }

            pager.WaitForExit();
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
