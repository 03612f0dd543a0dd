using System.Runtime.Versioning;
using NtScope.Windows.Management;

namespace NtScope.Cli.Commands;

/// <summary>Guards the verbs that need a running Windows.</summary>
internal static class LiveWindows
{
    /// <summary>Whether this is Windows, of a version that has what is called.</summary>
    [SupportedOSPlatformGuard("windows")]
    public static bool IsHere => OperatingSystem.IsWindows();

    /// <summary>Does the work of a verb.</summary>
    /// <param name="verb">The verb, for errors.</param>
    /// <param name="work">The work; it gives the exit code.</param>
    /// <exception cref="InputException">The work cannot be done; one line says why.</exception>
    public static int Run(string verb, Func<int> work)
    {
        try
        {
            return work();
        }
        catch (DesktopException refused)
        {
            throw new InputException(verb, refused.Message, refused);
        }
        catch (AggregateException several) when (several.InnerExceptions.All(static inner => inner is DesktopException))
        {
            throw new InputException(verb, string.Join("; ", several.InnerExceptions.Select(static inner => inner.Message)), several);
        }
    }

    /// <summary>What a verb says elsewhere.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="instead">What can be done here instead; empty if nothing can.</param>
    public static InputException Missing(string verb, string instead = "") =>
        new(verb, "this works on the desktops of a running Windows, and this is none" + (instead.Length == 0 ? "" : ": " + instead));
}
