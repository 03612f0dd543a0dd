namespace NtScope.Captures.Paging;

/// <summary>The form of page tables.</summary>
public enum PagingMode
{
    /// <summary>x64, four levels, 48-bit addresses.</summary>
    FourLevel,

    /// <summary>x64, five levels, 57-bit addresses (CR4.LA57).</summary>
    FiveLevel,

    /// <summary>x86 with physical address extension: three levels of 8-byte entries.</summary>
    Extended,

    /// <summary>x86 without it: two levels of 4-byte entries.</summary>
    Legacy,
}
