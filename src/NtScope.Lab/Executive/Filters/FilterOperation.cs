using NtScope.Lab.Executive.Io;

namespace NtScope.Lab.Executive.Filters;

/// <summary>An operation on its way through the minifilters: its FLT_CALLBACK_DATA and what the filter manager knows of it.</summary>
internal sealed class FilterOperation(OpenFile file, MajorFunction major, ulong block, ulong process)
{
    /// <summary>The file.</summary>
    public OpenFile File { get; } = file;

    /// <summary>The operation.</summary>
    public MajorFunction Major { get; } = major;

    /// <summary>The FLT_CALLBACK_DATA.</summary>
    public ulong Block { get; } = block;

    /// <summary>The FLT_IO_PARAMETER_BLOCK.</summary>
    public ulong Parameters => Block + FilterLayout.DataBytes + 8;

    /// <summary>The EPROCESS that asked for it.</summary>
    public ulong Process { get; } = process;

    /// <summary>The minifilters whose post-operations are to be called, the lowest last.</summary>
    public List<PassedFilter> Passed { get; } = [];

    /// <summary>The parameters as the minifilter that is being called found them.</summary>
    public byte[] Before { get; set; } = [];

    /// <summary>The MDL that FltLockUserBuffer made; 0 for none.</summary>
    public ulong LockedMdl { get; set; }

    /// <summary>The user buffer that it describes.</summary>
    public ulong LockedBuffer { get; set; }

    /// <summary>Whether post-operations run where a disk's DPC completes the operation.</summary>
    public bool CompletesInDpc { get; set; }

    /// <summary>The event that the end of a pended operation sets; 0 while none is needed.</summary>
    public ulong Signal { get; set; }

    /// <summary>How a pended operation was completed; null while it is pending.</summary>
    public uint? Decision { get; set; }

    /// <summary>The context for the post-operation that came with it.</summary>
    public ulong Context { get; set; }

    /// <summary>Where the parameters of the operation name a buffer of its user; 0 for an operation that has none. The MDL stands behind it.</summary>
    public ulong BufferAt => Major switch
    {
        MajorFunction.Read or MajorFunction.Write => Parameters + FilterLayout.ParametersUnion + FilterLayout.TransferBuffer,
        MajorFunction.DirectoryControl => Parameters + FilterLayout.ParametersUnion + FilterLayout.DirectoryBuffer,
        _ => 0,
    };
}
