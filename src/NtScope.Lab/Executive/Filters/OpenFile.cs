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

    /// <summary>The file; null until the volume has opened it, and where a minifilter has opened it instead.</summary>
    public FileNode? Node { get; set; }

    /// <summary>The stream's name; empty for the main stream.</summary>
    public string Stream { get; set; } = string.Empty;

    /// <summary>What stands for the stream, as long as it is open: see <see cref="FileNode.StreamObject"/>.</summary>
    public object? StreamObject { get; set; }

    /// <summary>The altitude below which operations on it begin; null to pass all minifilters.</summary>
    public Altitude? Below { get; init; }

    /// <summary>FILE_DELETE_ON_CLOSE.</summary>
    public bool DeleteOnClose { get; set; }

    /// <summary>Whether it was opened with FILE_DELETE_ON_CLOSE.</summary>
    public bool OpenedToDelete { get; set; }

    /// <summary>How many entries of the directory have been listed.</summary>
    public int DirectoryPosition { get; set; }

    /// <summary>Which names are listed; null before the first query.</summary>
    public string? DirectoryPattern { get; set; }

    /// <summary>Whether its create has succeeded.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Whether its last handle has been closed.</summary>
    public bool IsClosed { get; set; }
}
