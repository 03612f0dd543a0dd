using System.Globalization;
using System.Text;

namespace NtScope.Desktops.Security;

/// <summary>Writes security descriptors in the security descriptor definition language, as ConvertSecurityDescriptorToStringSecurityDescriptor does.</summary>
public static class SddlWriter
{
    // sddl.h, in the order of the bits of the access mask.
    private static readonly (uint Bit, string Text)[] Rights =
    [
        (0x1, "CC"), (0x2, "DC"), (0x4, "LC"), (0x8, "SW"), (0x10, "RP"), (0x20, "WP"), (0x40, "DT"), (0x80, "LO"), (0x100, "CR"),
        (0x10000, "SD"), (0x20000, "RC"), (0x40000, "WD"), (0x80000, "WO"),
        (0x10000000, "GA"), (0x20000000, "GX"), (0x40000000, "GW"), (0x80000000, "GR"),
    ];

    private static readonly (uint Bit, string Text)[] LabelRights = [(1, "NW"), (2, "NR"), (4, "NX")];
    private static readonly (byte Bit, string Text)[] EntryFlags = [(1, "OI"), (2, "CI"), (4, "NP"), (8, "IO"), (0x10, "ID"), (0x40, "SA"), (0x80, "FA")];

    /// <summary>The descriptor as one line.</summary>
    public static string Write(SecurityDescriptor descriptor)
    {
        var text = new StringBuilder();
        if (descriptor.Owner is { } owner)
        {
            text.Append("O:").Append(Name(owner));
        }

        if (descriptor.Group is { } group)
        {
            text.Append("G:").Append(Name(group));
        }

        if (descriptor.Discretionary is { } discretionary)
        {
            WriteList(text.Append("D:"), discretionary, (descriptor.Control & 0x1000) != 0, (descriptor.Control & 0x400) != 0);
        }
        else if ((descriptor.Control & 4) != 0)
        {
            text.Append("D:NO_ACCESS_CONTROL");
        }

        if (descriptor.System is { Count: > 0 } system)
        {
            WriteList(text.Append("S:"), system, (descriptor.Control & 0x2000) != 0, (descriptor.Control & 0x800) != 0);
        }

        return text.ToString();
    }

    private static void WriteList(StringBuilder text, IReadOnlyList<AccessControlEntry> entries, bool isProtected, bool isInherited)
    {
        text.Append(isProtected ? "P" : "").Append(isInherited ? "AI" : "");
        foreach (var entry in entries)
        {
            var label = entry.Type == AccessControlEntry.LabelType;
            text.Append('(').Append(TypeText(entry.Type)).Append(';');
            foreach (var (bit, flag) in EntryFlags)
            {
                text.Append((entry.Flags & bit) != 0 ? flag : "");
            }

            text.Append(';').Append(MaskText(entry.Mask, label ? LabelRights : Rights)).Append(";;;");
            text.Append(entry.Trustee is { } trustee ? Name(trustee) : "").Append(')');
        }
    }

    private static string TypeText(byte type) => type switch
    {
        AccessControlEntry.AllowType => "A",
        AccessControlEntry.DenyType => "D",
        AccessControlEntry.AuditType => "AU",
        AccessControlEntry.LabelType => "ML",
        _ => "0x" + type.ToString("x", CultureInfo.InvariantCulture),
    };

    private static string MaskText(uint mask, (uint Bit, string Text)[] names)
    {
        var text = new StringBuilder();
        var rest = mask;
        foreach (var (bit, name) in names)
        {
            if ((mask & bit) != 0)
            {
                text.Append(name);
                rest &= ~bit;
            }
        }

        return rest == 0 ? text.ToString() : "0x" + mask.ToString("x", CultureInfo.InvariantCulture);
    }

    private static string Name(SecurityIdentifier identifier) => identifier.SddlAlias ?? identifier.ToString();
}
