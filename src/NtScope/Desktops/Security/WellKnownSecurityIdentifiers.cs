using System.Collections.Frozen;

namespace NtScope.Desktops.Security;

/// <summary>SIDs that are the same everywhere, with SDDL's alias (sddl.h) and the name Windows shows in English.</summary>
internal static class WellKnownSecurityIdentifiers
{
    private static readonly FrozenDictionary<string, (string? Alias, string Name)> ByText = new Dictionary<string, (string?, string)>(StringComparer.Ordinal)
    {
        ["S-1-1-0"] = ("WD", "Everyone"),
        ["S-1-2-1"] = (null, "Console Logon"),
        ["S-1-3-0"] = ("CO", "Creator Owner"),
        ["S-1-3-1"] = ("CG", "Creator Group"),
        ["S-1-5-2"] = ("NU", "Network"),
        ["S-1-5-4"] = ("IU", "Interactive"),
        ["S-1-5-6"] = ("SU", "Service"),
        ["S-1-5-7"] = ("AN", "Anonymous"),
        ["S-1-5-10"] = ("PS", "Self"),
        ["S-1-5-11"] = ("AU", "Authenticated Users"),
        ["S-1-5-12"] = ("RC", "Restricted"),
        ["S-1-5-13"] = (null, "Terminal Server User"),
        ["S-1-5-18"] = ("SY", "SYSTEM"),
        ["S-1-5-19"] = ("LS", "Local Service"),
        ["S-1-5-20"] = ("NS", "Network Service"),
        ["S-1-5-32-544"] = ("BA", "Administrators"),
        ["S-1-5-32-545"] = ("BU", "Users"),
        ["S-1-5-32-546"] = ("BG", "Guests"),
        ["S-1-5-32-547"] = ("PU", "Power Users"),
        ["S-1-5-32-555"] = ("RD", "Remote Desktop Users"),
        ["S-1-15-2-1"] = ("AC", "All Application Packages"),
        ["S-1-15-2-2"] = (null, "All Restricted Application Packages"),
        ["S-1-16-4096"] = ("LW", "Low integrity"),
        ["S-1-16-8192"] = ("ME", "Medium integrity"),
        ["S-1-16-12288"] = ("HI", "High integrity"),
        ["S-1-16-16384"] = ("SI", "System integrity"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static (string? Alias, string Name)? Find(string text) => ByText.TryGetValue(text, out var known) ? known : null;
}
