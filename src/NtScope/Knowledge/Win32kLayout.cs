namespace NtScope.Knowledge;

/// <summary>The offsets in win32k's session structures that a walk over desktops needs, of one x64 build and those after it.</summary>
public sealed class Win32kLayout
{
    private readonly Dictionary<(string Structure, string Field), Win32kField> _fields;

    internal Win32kLayout(int build, Dictionary<(string Structure, string Field), Win32kField> fields)
    {
        Build = build;
        _fields = fields;
    }

    /// <summary>The first build that has this layout.</summary>
    public int Build { get; }

    /// <summary>All fields with their structures.</summary>
    public IReadOnlyDictionary<(string Structure, string Field), Win32kField> Fields => _fields;

    /// <summary>Finds a field by the names of its structure (<c>tagDESKTOP</c>) and its own (<c>pDeskInfo</c>).</summary>
    public bool TryGetField(string structure, string field, out Win32kField found) => _fields.TryGetValue((structure, field), out found);
}
