namespace NtScope.Images;

/// <summary>What ties an image to its symbols: the RSDS record of its debug directory.</summary>
/// <param name="FileName">The PDB's file name without folders, as the image says it (<c>ntkrnlmp.pdb</c>).</param>
/// <param name="Guid">The GUID of the PDB.</param>
/// <param name="Age">The age: how often the PDB was updated.</param>
public sealed record PdbIdentity(string FileName, Guid Guid, uint Age)
{
    /// <summary>GUID and age as symbol stores write them: 32 upper-case digits, then the age in upper-case hexadecimal.</summary>
    public string StoreKey => Guid.ToString("N").ToUpperInvariant() + Age.ToString("X");

    /// <summary>Whether both name the same symbols; the file name does not count.</summary>
    public bool Matches(PdbIdentity? other) => other is not null && Guid == other.Guid && Age == other.Age;

    /// <inheritdoc/>
    public override string ToString() => $"{FileName} {StoreKey}";
}
