namespace NtScope.Desktops.Security;

/// <summary>Says in words what a desktop's security descriptor lets whom do.</summary>
public static class AccessInWords
{
    private const string EveryoneText = "S-1-1-0";

    /// <summary>
    /// One sentence for each right: <c>may switch to it: SYSTEM, Administrators</c>; then whom entries deny, and the integrity label.
    /// Entries count in their order, as the kernel takes them: a right that an earlier entry denies to a trustee, or to everyone, is not theirs.
    /// </summary>
    public static IReadOnlyList<string> Describe(SecurityDescriptor descriptor)
    {
        if (descriptor.Discretionary is not { } entries)
        {
            return ["no access list: everybody may do everything"];
        }

        if (entries.Count == 0)
        {
            return ["the access list is empty: nobody but the owner may open it, and the owner only to read and change its security"];
        }

        var words = new List<string>();
        foreach (var right in DesktopRights.OfDesktop)
        {
            var (allowed, denied) = Holders(entries, right.Mask);
            words.Add($"may {right.Meaning}: {(allowed.Count == 0 ? "nobody" : string.Join(", ", allowed))}"
                + (denied.Count == 0 ? "" : $"; denied: {string.Join(", ", denied)}"));
        }

        foreach (var label in descriptor.System?.Where(static entry => entry.Type == AccessControlEntry.LabelType) ?? [])
        {
            words.Add($"label: {label.Trustee?.DisplayName ?? "unknown"}");
        }

        return words;
    }

    private static (List<string> Allowed, List<string> Denied) Holders(IReadOnlyList<AccessControlEntry> entries, uint right)
    {
        var allowed = new List<string>();
        var denied = new List<string>();
        var decided = new HashSet<SecurityIdentifier>();
        var everyoneDenied = false;
        foreach (var entry in entries)
        {
            if (!entry.AppliesHere || entry.Trustee is not { } trustee || (DesktopRights.MapGeneric(entry.Mask) & right) == 0)
            {
                continue;
            }

            if (entry.Type == AccessControlEntry.DenyType && decided.Add(trustee))
            {
                denied.Add(trustee.DisplayName);
                everyoneDenied |= string.Equals(trustee.ToString(), EveryoneText, StringComparison.Ordinal);
            }
            else if (entry.Type == AccessControlEntry.AllowType && !everyoneDenied && decided.Add(trustee))
            {
                allowed.Add(trustee.DisplayName);
            }
        }

        return (allowed, denied);
    }
}
