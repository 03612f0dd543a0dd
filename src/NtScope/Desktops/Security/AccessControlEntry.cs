namespace NtScope.Desktops.Security;

/// <summary>An entry of an access control list.</summary>
/// <param name="Type">The ACE type of winnt.h: 0 allows, 1 denies, 2 audits, 17 is an integrity label.</param>
/// <param name="Flags">The inheritance flags of winnt.h.</param>
/// <param name="Mask">The access mask; a label's policy for type 17.</param>
/// <param name="Trustee">Whom it concerns; null for a type this reader does not know.</param>
public sealed record AccessControlEntry(byte Type, byte Flags, uint Mask, SecurityIdentifier? Trustee)
{
    /// <summary>The type of an entry that allows.</summary>
    public const byte AllowType = 0;

    /// <summary>The type of an entry that denies.</summary>
    public const byte DenyType = 1;

    /// <summary>The type of an entry that audits.</summary>
    public const byte AuditType = 2;

    /// <summary>The type of an integrity label.</summary>
    public const byte LabelType = 0x11;

    private const byte InheritOnly = 8;

    /// <summary>Whether it concerns the object itself, not only what is made below it.</summary>
    public bool AppliesHere => (Flags & InheritOnly) == 0;
}
