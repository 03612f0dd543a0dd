using NtScope.Knowledge.Storage;

namespace NtScope.Knowledge;

/// <summary>The COM identifiers of the shell's virtual desktops. The interfaces' identifiers change between builds; the classes' do not.</summary>
public sealed class VirtualDesktopIdentifiers
{
    private readonly List<(int Build, int Revision, Dictionary<string, Guid> Identifiers)> _sets = [];

    internal VirtualDesktopIdentifiers(KnowledgeResource resource)
    {
        var names = new StringPool(resource.Section(DesktopFile.Names));
        var reader = new PackedReader(resource.Section(DesktopFile.Identifiers));
        for (var sets = reader.ReadCount(); sets > 0; sets--)
        {
            var build = reader.ReadCount();
            var revision = reader.ReadCount();
            var identifiers = new Dictionary<string, Guid>(StringComparer.Ordinal);
            for (var count = reader.ReadCount(); count > 0; count--)
            {
                identifiers.Add(names[reader.ReadCount()], reader.ReadGuid());
            }

            _sets.Add((build, revision, identifiers));
        }
    }

    /// <summary>The shell's classes (<c>ImmersiveShell</c>, <c>VirtualDesktopManager</c>, ...).</summary>
    public IReadOnlyDictionary<string, Guid> Classes => _sets[0].Identifiers;

    /// <summary>
    /// The interfaces (<c>IVirtualDesktop</c>, <c>IVirtualDesktopManagerInternal</c>, ...) of the latest known build and revision that is not
    /// later than the one given; null before 16299.
    /// </summary>
    public IReadOnlyDictionary<string, Guid>? InterfacesFor(int build, int revision)
    {
        var found = _sets.FindLastIndex(set => set.Build < build || (set.Build == build && set.Revision <= revision));
        return found > 0 ? _sets[found].Identifiers : null;
    }
}
