namespace NtScope.Desktops.Security;

/// <summary>A right that an object type has.</summary>
/// <param name="Mask">Its bit in the access mask.</param>
/// <param name="Name">Its name in winuser.h or winnt.h.</param>
/// <param name="Meaning">What it lets its holder do, after "may".</param>
public sealed record AccessRight(uint Mask, string Name, string Meaning);
