using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace NtScope.Desktops.Security;

/// <summary>A SID: an account, a group, a logon session or an integrity level.</summary>
/// <param name="Authority">The identifier authority, 48 bits (5 is NT).</param>
/// <param name="SubAuthorities">The sub-authorities, the relative identifier last.</param>
public sealed record SecurityIdentifier(ulong Authority, IReadOnlyList<uint> SubAuthorities)
{
    private const int FixedBytes = 8;

    /// <summary>Its length in bytes.</summary>
    public int ByteLength => FixedBytes + (SubAuthorities.Count * sizeof(uint));

    /// <summary>Reads the SID (winnt.h) at the start of <paramref name="bytes"/>; null if it is not one of revision 1 or is cut off.</summary>
    public static SecurityIdentifier? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedBytes || bytes[0] != 1 || bytes[1] > Limits.SubAuthorities || bytes.Length < FixedBytes + (bytes[1] * sizeof(uint)))
        {
            return null;
        }

        var authority = ((ulong)BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) << 32) | BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        var subAuthorities = new uint[bytes[1]];
        for (var i = 0; i < subAuthorities.Length; i++)
        {
            subAuthorities[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(FixedBytes + (i * sizeof(uint)))..]);
        }

        return new SecurityIdentifier(authority, subAuthorities);
    }

    /// <summary>The two letters that SDDL has for it, or null.</summary>
    public string? SddlAlias => WellKnownSecurityIdentifiers.Find(ToString())?.Alias;

    /// <summary>What a person calls it: <c>Administrators</c>, <c>this logon session (S-1-5-5-0-123)</c>, else the SID.</summary>
    public string DisplayName
    {
        get
        {
            var text = ToString();
            if (WellKnownSecurityIdentifiers.Find(text) is { } known)
            {
                return known.Name;
            }

            return text.StartsWith("S-1-5-5-", StringComparison.Ordinal) ? $"logon session {text}" : text;
        }
    }

    /// <inheritdoc/>
    public bool Equals(SecurityIdentifier? other) =>
        other is not null && Authority == other.Authority && SubAuthorities.SequenceEqual(other.SubAuthorities);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Authority, SubAuthorities.Count, SubAuthorities.Count > 0 ? SubAuthorities[^1] : 0);

    /// <summary>The SID as text: <c>S-1-5-18</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("S-1-").Append(Authority.ToString(CultureInfo.InvariantCulture));
        foreach (var subAuthority in SubAuthorities)
        {
            text.Append('-').Append(subAuthority.ToString(CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }
}
