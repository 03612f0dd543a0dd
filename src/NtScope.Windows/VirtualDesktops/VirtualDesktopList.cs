namespace NtScope.Windows.VirtualDesktops;

/// <summary>Joins what the registry says of virtual desktops with the windows on each.</summary>
internal static class VirtualDesktopList
{
    private const int IdBytes = 16;
    private const int Most = 256;

    /// <summary>The desktops in the shell's order; none if the shell has written none.</summary>
    /// <param name="registry">The shell's values.</param>
    /// <param name="windows">Windows, each with the desktop that the shell puts it on.</param>
    public static IReadOnlyList<VirtualDesktopRow> Read(IVirtualDesktopRegistry registry, IReadOnlyList<(Guid Desktop, string Text)> windows)
    {
        var ids = registry.Ids ?? [];
        Guid? current = registry.CurrentId is { Length: IdBytes } bytes ? new Guid(bytes) : null;
        var rows = new List<VirtualDesktopRow>();
        for (var i = 0; i < Math.Min(ids.Length / IdBytes, Most); i++)
        {
            var id = new Guid(ids.AsSpan(i * IdBytes, IdBytes));
            rows.Add(new VirtualDesktopRow(
                i + 1,
                id,
                registry.NameOf(id),
                current is null ? null : id == current,
                [.. windows.Where(window => window.Desktop == id).Select(static window => window.Text)]));
        }

        return rows;
    }

    /// <summary>The desktop that a user means: by number, name or GUID.</summary>
    public static VirtualDesktopRow? Find(IReadOnlyList<VirtualDesktopRow> rows, string text) =>
        rows.FirstOrDefault(row => int.TryParse(text, out var number) && row.Number == number)
        ?? rows.FirstOrDefault(row => string.Equals(row.Name, text, StringComparison.OrdinalIgnoreCase))
        ?? rows.FirstOrDefault(row => Guid.TryParse(text, out var id) && row.Id == id);
}
