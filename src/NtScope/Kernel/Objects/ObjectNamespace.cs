using NtScope.Reports;

namespace NtScope.Kernel.Objects;

/// <summary>The object namespace, from its root directory down.</summary>
public sealed class ObjectNamespace
{
    private readonly KernelContext _context;
    private readonly ObjectManager _objects;
    private readonly List<NamespaceEntry> _doubles = [];
    private Dictionary<string, NamespaceEntry>? _byPath;
    private int _resolved;

    /// <summary>The namespace of a kernel.</summary>
    public ObjectNamespace(KernelContext context, ObjectManager objects)
    {
        _context = context;
        _objects = objects;
    }

    /// <summary>
    /// All objects, each directory before what is in it, then those whose path another one has. A directory that contains itself is entered once.
    /// </summary>
    public IReadOnlyCollection<NamespaceEntry> Entries => [.. (_byPath ??= Walk()).Values, .. _doubles];

    /// <summary>Finds an object by its full path, without case.</summary>
    public NamespaceEntry? Find(string path) => (_byPath ??= Walk()).GetValueOrDefault(path);

    /// <summary>What a symbolic link says; null if the object is none or its text cannot be read. Untrusted text.</summary>
    public string? TargetOf(NamespaceEntry entry, ICollection<Finding> findings)
    {
        const ulong CalledBack = 0x10;
        if (!string.Equals(entry.TypeName, "SymbolicLink", StringComparison.Ordinal))
        {
            return null;
        }

        var link = _context.At("_OBJECT_SYMBOLIC_LINK", entry.Object, findings);
        if (_context.Has("_OBJECT_SYMBOLIC_LINK", "Flags") && (link.Number("Flags") & CalledBack) != 0)
        {
            findings.Add(new Finding("link-by-callback", $"The kernel asks {_context.OwnerOf(link.Pointer("Callback") ?? default).Symbol ?? "a routine"} where this link leads"));
            return null;
        }

        return link.Text(Limits.LinkPathCharacters, "LinkTarget");
    }

    /// <summary>The object that a path leads to once every symbolic link on the way is followed; null if it leads to none.</summary>
    public NamespaceEntry? Resolve(string path)
    {
        if (_resolved++ >= Limits.ResolvedLinks)
        {
            _context.Note($"Only {Limits.ResolvedLinks} symbolic links were followed.");
            return null;
        }

        for (var steps = 0; steps < Limits.SymbolicLinkSteps && path.Length <= Limits.LinkPathCharacters && path.StartsWith('\\'); steps++)
        {
            var followed = false;
            for (var end = path.IndexOf('\\', 1); ; end = path.IndexOf('\\', end + 1))
            {
                var prefix = end < 0 ? path : path[..end];
                if (Find(prefix) is { } entry && TargetOf(entry, []) is { Length: > 0 } target)
                {
                    path = end < 0 ? target : target.TrimEnd('\\') + path[end..];
                    followed = true;
                    break;
                }

                if (end < 0)
                {
                    break;
                }
            }

            if (!followed)
            {
                return Find(path.Length > 1 ? path.TrimEnd('\\') : path);
            }
        }

        return null;
    }

    private Dictionary<string, NamespaceEntry> Walk()
    {
        var entries = new Dictionary<string, NamespaceEntry>(StringComparer.OrdinalIgnoreCase);
        var known = new HashSet<VirtualAddress>();
        var (visited, characters) = (0, 0);
        var waiting = new Queue<(VirtualAddress Directory, string Path, int Depth)>();
        if (_objects.Root is { } root)
        {
            known.Add(root);
            waiting.Enqueue((root, string.Empty, 0));
        }

        while (waiting.TryDequeue(out var current))
        {
            var directory = ObjectDirectory.Read(_context, current.Directory);
            if (directory.Problem is { } problem)
            {
                _context.Note(problem);
            }

            foreach (var body in directory.Objects)
            {
                // Directories may share what is in them: what counts is what was read, not what came of it.
                if (visited++ == Limits.NamespaceObjects || characters > Limits.NamespaceCharacters)
                {
                    _context.Note($"The namespace goes on past {visited - 1} objects with {characters} characters of paths; the rest is left out.");
                    return entries;
                }

                var entry = Read(body, current.Path);
                characters += entry.Path.Length;
                if (!entries.TryAdd(entry.Path, entry) && entries[entry.Path].Object is var first && first != body)
                {
                    _doubles.Add(entry with { Findings = [.. entry.Findings, new Finding("duplicate-path", $"The object at {first} has the same path")] });
                }

                if (!string.Equals(entry.TypeName, "Directory", StringComparison.Ordinal) || current.Depth >= Limits.NamespaceDepth)
                {
                    continue;
                }

                if (known.Add(body))
                {
                    waiting.Enqueue((body, entry.Path, current.Depth + 1));
                }
                else
                {
                    _context.Note($"The directory at {body} stands in the namespace more than once; it was entered once.");
                }
            }
        }

        return entries;
    }

    private NamespaceEntry Read(VirtualAddress body, string parent)
    {
        var findings = new List<Finding>();
        var typeName = _objects.TypeNameOf(body, findings);
        var name = _objects.NameOf(body, findings).Name;
        if (typeName is null)
        {
            findings.Add(new Finding("type-unknown", "The object's header does not lead to a type"));
        }

        if (name is null or { Length: 0 })
        {
            findings.Add(new Finding("name-unknown", name is null ? "The object stands in a directory, but its name cannot be read" : "The object stands in a directory, but its name is empty"));
            name = null;
        }

        return new NamespaceEntry($@"{parent}\{name ?? body.ToString()}", name ?? body.ToString(), typeName, body, findings);
    }
}
