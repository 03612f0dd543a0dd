using NtScope.Lab.Executive.Objects;
using NtScope.Lab.FileSystem;

namespace NtScope.Lab.Executive.Filters;

/// <summary>A file of the volume as someone has it open.</summary>
internal sealed class OpenFile(KernelObject fileObject, string name)
{
    /// <summary>The FILE_OBJECT.</summary>
    public KernelObject FileObject { get; } = fileObject;

    /// <summary>The name it was opened by, from the volume's root, with its stream.</summary>
    public string Name { get; } = name;

    /// <summary>The file; null until the create has succeeded.</summary>
    public FileNode? Node { get; set; }

    /// <summary>The stream's name; empty for the main stream.</summary>
    public string Stream { get; set; } = string.Empty;

    /// <summary>The altitude below which operations on it begin; null to pass all minifilters.</summary>
    public Altitude? Below { get; init; }

    /// <summary>FILE_DELETE_ON_CLOSE.</summary>
    public bool DeleteOnClose { get; set; }

    /// <summary>The position for reads and writes without one.</summary>
    public long Position { get; set; }

    /// <summary>How many entries of the directory have been listed.</summary>
    public int DirectoryPosition { get; set; }

    /// <summary>Which names are listed; null before the first query.</summary>
    public string? DirectoryPattern { get; set; }

    /// <summary>Whether it has been closed.</summary>
    public bool IsClosed { get; set; }
}
