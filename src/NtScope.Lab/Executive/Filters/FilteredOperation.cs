namespace NtScope.Lab.Executive.Filters;

/// <summary>FLT_OPERATION_REGISTRATION.</summary>
/// <param name="Flags">FLTFL_OPERATION_REGISTRATION_SKIP_PAGING_IO 1, SKIP_CACHED_IO 2, SKIP_NON_DASD_IO 4, SKIP_NON_CACHED_NON_PAGING_IO 8.</param>
/// <param name="Pre">The pre-operation; 0 for none.</param>
/// <param name="Post">The post-operation; 0 for none.</param>
internal readonly record struct FilteredOperation(uint Flags, ulong Pre, ulong Post)
{
    /// <summary>Whether reads and writes with these IRP flags (IRP_NOCACHE 1, IRP_PAGING_IO 2) pass it by.</summary>
    public bool Skips(uint irpFlags)
    {
        const uint NoCache = 1;
        const uint PagingIo = 2;
        var isPaging = (irpFlags & PagingIo) != 0;
        var isCached = (irpFlags & NoCache) == 0;
        return (Flags & 4) != 0 || ((Flags & 1) != 0 && isPaging) || ((Flags & 2) != 0 && isCached && !isPaging) || ((Flags & 8) != 0 && !isCached && !isPaging);
    }
}
