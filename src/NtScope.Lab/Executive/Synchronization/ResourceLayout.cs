namespace NtScope.Lab.Executive.Synchronization;

/// <summary>Offsets in ERESOURCE and OWNER_ENTRY (wdm.h, x64).</summary>
internal static class ResourceLayout
{
    /// <summary>Bytes of ERESOURCE.</summary>
    public const int Bytes = 0x68;

    /// <summary>OwnerTable: entries of further owners, the first of which holds the table's size.</summary>
    public const ulong OwnerTable = 0x10;

    /// <summary>ActiveCount: whether it is held.</summary>
    public const ulong ActiveCount = 0x18;

    /// <summary>Flag.</summary>
    public const ulong Flag = 0x1A;

    /// <summary>OwnerEntry: the exclusive owner, or one of those that share.</summary>
    public const ulong OwnerEntry = 0x30;

    /// <summary>ActiveEntries: how many threads hold it.</summary>
    public const ulong ActiveEntries = 0x40;

    /// <summary>ContentionCount: how often a thread had to wait.</summary>
    public const ulong ContentionCount = 0x44;

    /// <summary>NumberOfSharedWaiters.</summary>
    public const ulong SharedWaiters = 0x48;

    /// <summary>NumberOfExclusiveWaiters.</summary>
    public const ulong ExclusiveWaiters = 0x4C;

    /// <summary>ResourceOwnedExclusive in Flag.</summary>
    public const ushort OwnedExclusive = 0x80;

    /// <summary>Bytes of OWNER_ENTRY.</summary>
    public const ulong EntryBytes = 0x10;

    /// <summary>OwnerCount in an OWNER_ENTRY, shifted by three; TableSize in the first one of a table.</summary>
    public const ulong EntryCount = 0x08;
}
