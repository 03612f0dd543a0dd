namespace NtScope.Windows.Management;

/// <summary>The rules for names of desktops.</summary>
internal static class DesktopName
{
    /// <summary>The desktop that every session has.</summary>
    public const string Default = "Default";

    private const int MaximumLength = 128;
    private static readonly string[] Reserved = [Default, "Winlogon", "Disconnect", "Screen-saver"];

    /// <summary>Refuses a name that no desktop can have.</summary>
    /// <exception cref="DesktopException">It is empty, too long or holds a backslash or control characters.</exception>
    public static void Check(string name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > MaximumLength || name.Contains('\\', StringComparison.Ordinal) || name.Any(char.IsControl))
        {
            throw new DesktopException($"a desktop's name has 1 to {MaximumLength} characters and no backslash or control character");
        }
    }

    /// <summary>Refuses a name that belongs to Windows.</summary>
    /// <exception cref="DesktopException">It is one of Windows's own.</exception>
    public static void CheckNotReserved(string name)
    {
        if (Reserved.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            throw new DesktopException($"{name} belongs to Windows and is neither made nor closed by a program");
        }
    }
}
