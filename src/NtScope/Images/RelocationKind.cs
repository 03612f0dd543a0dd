namespace NtScope.Images;

/// <summary>How a base relocation changes the bytes it names; the numbers are those of <c>IMAGE_REL_BASED_*</c>.</summary>
public enum RelocationKind
{
    /// <summary>Not at all: padding.</summary>
    Absolute = 0,

    /// <summary>The upper 16 bits of the distance are added to 16 bits.</summary>
    High = 1,

    /// <summary>The lower 16 bits of the distance are added to 16 bits.</summary>
    Low = 2,

    /// <summary>The distance is added to a 32-bit address.</summary>
    HighLow = 3,

    /// <summary>The upper 16 bits of the distance are added to 16 bits whose lower half follows in the table.</summary>
    HighAdjusted = 4,

    /// <summary>The distance is added to the immediate of a MOVW and MOVT pair (ARM).</summary>
    Mov32 = 5,

    /// <summary>The distance is added to a 64-bit address.</summary>
    Address64 = 10,
}
