using System.Buffers.Binary;

namespace NtScope.Desktops.Security;

/// <summary>A security descriptor, as the kernel keeps it and as GetKernelObjectSecurity gives it (SECURITY_DESCRIPTOR_RELATIVE, winnt.h).</summary>
public sealed class SecurityDescriptor
{
    private const int HeaderBytes = 20;
    private const int ListHeaderBytes = 8;
    private const int EntryHeaderBytes = 8;
    private const ushort DaclPresent = 0x0004;
    private const ushort SaclPresent = 0x0010;
    private const ushort SelfRelative = 0x8000;

    /// <summary>The bits of SECURITY_DESCRIPTOR_CONTROL.</summary>
    public ushort Control { get; private init; }

    /// <summary>The owner; null if none was asked for.</summary>
    public SecurityIdentifier? Owner { get; private init; }

    /// <summary>The primary group; null if none was asked for.</summary>
    public SecurityIdentifier? Group { get; private init; }

    /// <summary>Who may and may not; null if there is no such list, which lets everybody do everything.</summary>
    public IReadOnlyList<AccessControlEntry>? Discretionary { get; private init; }

    /// <summary>Audit entries and the integrity label; null if none was asked for.</summary>
    public IReadOnlyList<AccessControlEntry>? System { get; private init; }

    /// <summary>Reads a self-relative descriptor.</summary>
    /// <param name="bytes">The descriptor; what follows it is ignored.</param>
    /// <param name="descriptor">The descriptor, if it could be read.</param>
    /// <param name="problem">What is wrong with it, without a full stop, if it could not.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out SecurityDescriptor? descriptor, out string? problem)
    {
        descriptor = null;
        if (bytes.Length < HeaderBytes || bytes[0] != 1)
        {
            problem = $"{bytes.Length} bytes that do not start with a security descriptor of revision 1";
            return false;
        }

        var control = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        if ((control & SelfRelative) == 0)
        {
            problem = "the security descriptor is not self-relative";
            return false;
        }

        problem = null;
        var owner = IdentifierAt(bytes, 4, "owner", ref problem);
        var group = IdentifierAt(bytes, 8, "group", ref problem);
        var system = (control & SaclPresent) != 0 ? ListAt(bytes, 12, "SACL", ref problem) : null;
        var discretionary = (control & DaclPresent) != 0 ? ListAt(bytes, 16, "DACL", ref problem) : null;
        if (problem is not null)
        {
            return false;
        }

        descriptor = new SecurityDescriptor { Control = control, Owner = owner, Group = group, System = system, Discretionary = discretionary };
        return true;
    }

    private static SecurityIdentifier? IdentifierAt(ReadOnlySpan<byte> bytes, int field, string name, ref string? problem)
    {
        if (!TryFollow(bytes, field, name, ref problem, out var start) || start == 0)
        {
            return null;
        }

        var identifier = SecurityIdentifier.TryParse(bytes[start..]);
        problem ??= identifier is null ? $"the {name} at offset 0x{start:x} is no SID" : null;
        return identifier;
    }

    private static List<AccessControlEntry>? ListAt(ReadOnlySpan<byte> bytes, int field, string name, ref string? problem)
    {
        if (!TryFollow(bytes, field, name, ref problem, out var start) || start == 0)
        {
            return null;
        }

        if (bytes.Length - start < ListHeaderBytes || BinaryPrimitives.ReadUInt16LittleEndian(bytes[(start + 2)..]) is var size
            && (size < ListHeaderBytes || size > bytes.Length - start))
        {
            problem ??= $"the {name} at offset 0x{start:x} leaves the security descriptor";
            return null;
        }

        var list = bytes.Slice(start, BinaryPrimitives.ReadUInt16LittleEndian(bytes[(start + 2)..]));
        var count = BinaryPrimitives.ReadUInt16LittleEndian(list[4..]);
        var entries = new List<AccessControlEntry>(Math.Min((int)count, list.Length / EntryHeaderBytes));
        var position = ListHeaderBytes;
        for (var i = 0; i < count; i++)
        {
            if (list.Length - position < EntryHeaderBytes || BinaryPrimitives.ReadUInt16LittleEndian(list[(position + 2)..]) is var length
                && (length < EntryHeaderBytes || length > list.Length - position))
            {
                problem ??= $"entry {i} of {count} of the {name} leaves its list";
                return null;
            }

            var entry = list.Slice(position, BinaryPrimitives.ReadUInt16LittleEndian(list[(position + 2)..]));
            var plain = entry[0] is AccessControlEntry.AllowType or AccessControlEntry.DenyType or AccessControlEntry.AuditType or AccessControlEntry.LabelType;
            entries.Add(new AccessControlEntry(
                entry[0],
                entry[1],
                BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]),
                plain ? SecurityIdentifier.TryParse(entry[EntryHeaderBytes..]) : null));
            position += entry.Length;
        }

        return entries;
    }

    private static bool TryFollow(ReadOnlySpan<byte> bytes, int field, string name, ref string? problem, out int start)
    {
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(bytes[field..]);
        start = (int)Math.Min(offset, int.MaxValue);
        if (offset < bytes.Length)
        {
            return true;
        }

        problem ??= $"the {name} at offset 0x{offset:x} leaves the security descriptor";
        return false;
    }
}
