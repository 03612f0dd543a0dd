using NtScope.Knowledge.Storage;

namespace NtScope.Knowledge;

/// <summary>The layouts of win32k's session structures, x64, Windows 7 and later.</summary>
public sealed class Win32kLayouts
{
    private readonly List<Win32kLayout> _layouts = [];

    internal Win32kLayouts(KnowledgeResource resource)
    {
        var names = new StringPool(resource.Section(DesktopFile.Names));
        var reader = new PackedReader(resource.Section(DesktopFile.Layouts));
        for (var builds = reader.ReadCount(); builds > 0; builds--)
        {
            var build = reader.ReadCount();
            var fields = new Dictionary<(string, string), Win32kField>();
            for (var structures = reader.ReadCount(); structures > 0; structures--)
            {
                var structure = names[reader.ReadCount()];
                for (var count = reader.ReadCount(); count > 0; count--)
                {
                    var field = names[reader.ReadCount()];
                    var packed = reader.ReadNumber();
                    fields.Add((structure, field), new Win32kField(packed >> 1, (packed & 1) != 0));
                }
            }

            _layouts.Add(new Win32kLayout(build, fields));
        }
    }

    /// <summary>All layouts, ascending by build.</summary>
    public IReadOnlyList<Win32kLayout> All => _layouts;

    /// <summary>The layout of the latest known build up to <paramref name="build"/>; null before Windows 7.</summary>
    public Win32kLayout? ForBuild(int build) => _layouts.FindLast(layout => layout.Build <= build);
}
