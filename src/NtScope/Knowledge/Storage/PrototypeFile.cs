using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace NtScope.Knowledge.Storage;

/// <summary><c>prototypes.bin</c>: declarations of native functions. A prototype has the number of its name in the pool of names.</summary>
internal sealed class PrototypeFile
{
    /// <summary>Section: the pool of function names, all with the prefix <c>Nt</c>.</summary>
    public const int Names = 0;

    /// <summary>Section: the pool of types, parameter names, annotations and headers.</summary>
    public const int Texts = 1;

    /// <summary>Section: where each prototype starts in <see cref="Declarations"/>, four bytes each.</summary>
    public const int Offsets = 2;

    /// <summary>Section: packed declarations: return type, header, count of parameters, then type, name and annotation of each.</summary>
    public const int Declarations = 3;

    /// <summary>How many sections the file has.</summary>
    public const int SectionCount = 4;

    private readonly KnowledgeResource _resource;

    /// <summary>Reads from a file.</summary>
    public PrototypeFile(KnowledgeResource resource) => _resource = resource;

    /// <summary>How many prototypes there are.</summary>
    public int Count => new StringPool(_resource.Section(Names)).Count;

    /// <summary>Finds a prototype by its name, with <c>Nt</c> or <c>Zw</c> in front.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Prototype? prototype)
    {
        prototype = null;
        var names = new StringPool(_resource.Section(Names));
        var found = name.StartsWith("Zw", StringComparison.Ordinal)
            ? names.TryFind("Nt" + name[2..], out var number)
            : names.TryFind(name, out number);
        if (!found)
        {
            return false;
        }

        var texts = new StringPool(_resource.Section(Texts));
        var offset = BinaryPrimitives.ReadInt32LittleEndian(_resource.Section(Offsets)[(number * sizeof(uint))..]);
        var reader = new PackedReader(_resource.Section(Declarations), offset);
        var returns = texts[reader.ReadCount()];
        var header = texts[reader.ReadCount()];
        var parameters = new PrototypeParameter[reader.ReadCount()];
        for (var i = 0; i < parameters.Length; i++)
        {
            parameters[i] = new PrototypeParameter(texts[reader.ReadCount()], texts[reader.ReadCount()], texts[reader.ReadCount()]);
        }

        prototype = new Prototype(name, returns, parameters, header);
        return true;
    }
}
