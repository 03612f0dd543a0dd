namespace NtScope.Images;

/// <summary>The base relocations of an image, ascending by RVA.</summary>
public sealed class RelocationTable
{
    private readonly uint[] _rvas;
    private readonly byte[] _kinds;

    internal RelocationTable(uint[] rvas, byte[] kinds)
    {
        _rvas = rvas;
        _kinds = kinds;
    }

    /// <summary>How many there are; an image that was stripped of them, or needs none, has 0.</summary>
    public int Count => _rvas.Length;

    /// <summary>The relocation with this number in ascending order, from 0.</summary>
    public Relocation this[int index] => new(_rvas[index], (RelocationKind)_kinds[index]);

    /// <summary>All places, ascending.</summary>
    public ReadOnlySpan<uint> Rvas => _rvas;

    /// <summary>Whether exactly <paramref name="rva"/> is corrected.</summary>
    public bool Contains(uint rva) => Array.BinarySearch(_rvas, rva) >= 0;

    /// <summary>The number of the first relocation at or above <paramref name="rva"/>; <see cref="Count"/> if there is none.</summary>
    public int IndexFrom(uint rva)
    {
        var index = Array.BinarySearch(_rvas, rva);
        return index < 0 ? ~index : index;
    }
}
