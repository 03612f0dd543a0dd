using System.Text;

namespace NtScope.Kernel.Pool;

/// <summary>The four characters that name what a pool allocation holds, as they stand in memory.</summary>
/// <param name="Value">The characters, the first in the lowest byte, without the bit that marks an allocation as protected.</param>
public readonly record struct PoolTag(uint Value)
{
    /// <summary>Set in the last character of a tag in memory for allocations that need the tag to be freed.</summary>
    public const uint ProtectedBit = 0x8000_0000;

    /// <summary>The tag of process objects.</summary>
    public static PoolTag Process { get; } = Parse("Proc");

    /// <summary>The tag of thread objects.</summary>
    public static PoolTag Thread { get; } = Parse("Thre");

    /// <summary>The tag of driver objects.</summary>
    public static PoolTag Driver { get; } = Parse("Driv");

    /// <summary>The tag of entries of the list of loaded modules.</summary>
    public static PoolTag LoadedModule { get; } = Parse("MmLd");

    /// <summary>The tag of four ASCII characters.</summary>
    public static PoolTag Parse(string text) => text.Length == 4 && Ascii.IsValid(text)
        ? new PoolTag(text[0] | ((uint)text[1] << 8) | ((uint)text[2] << 16) | ((uint)text[3] << 24))
        : throw new ArgumentException("A pool tag has four ASCII characters.", nameof(text));

    /// <inheritdoc/>
    public override string ToString() => string.Create(4, Value, static (text, value) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = (char)((value >> (i * 8)) & 0x7F);
        }
    });
}
