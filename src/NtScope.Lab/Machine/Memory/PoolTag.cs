using System.Text;

namespace NtScope.Lab.Machine.Memory;

/// <summary>The four letters that name what a pool block holds, as <c>_POOL_HEADER.PoolTag</c> stores them.</summary>
/// <param name="Value">The letters, the first in the lowest byte.</param>
public readonly record struct PoolTag(uint Value)
{
    /// <summary>Bit 31: the block is freed by its tag only. It is set on objects up to Windows 7.</summary>
    public const uint Protected = 0x8000_0000;

    /// <summary>The tag of these four ASCII letters (<c>Proc</c>).</summary>
    public static PoolTag Of(string letters) => letters.Length == sizeof(uint)
        ? new PoolTag(BitConverter.ToUInt32(Encoding.ASCII.GetBytes(letters)))
        : throw new ArgumentException("a pool tag has four letters", nameof(letters));

    /// <summary>The letters.</summary>
    public override string ToString() => Encoding.Latin1.GetString(BitConverter.GetBytes(Value & ~Protected));
}
