using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NtScope.Images;

namespace NtScope.Targets;

/// <summary>
/// A build as a user names it: a file version (<c>10.0.18362.476</c>), a build number (<c>19041</c>) or the GUID and age of a kernel's
/// symbols, the first two with <c>-x86</c>, <c>-x64</c> or <c>-arm64</c> behind it if need be.
/// </summary>
internal sealed record KnownBuildName
{
    private const int GuidDigits = 32;

    private static readonly (string Suffix, ProcessorArchitecture Architecture)[] Suffixes =
        [("-x86", ProcessorArchitecture.X86), ("-x64", ProcessorArchitecture.X64), ("-arm64", ProcessorArchitecture.Arm64)];

    // The first build of each version of Windows from 3.50 on, newest first.
    private static readonly (int Build, int Major, int Minor)[] Releases =
        [(9841, 10, 0), (9600, 6, 3), (9200, 6, 2), (7600, 6, 1), (6000, 6, 0), (3790, 5, 2), (2600, 5, 1), (2195, 5, 0), (1381, 4, 0), (1057, 3, 51), (807, 3, 50), (0, 3, 10)];

    /// <summary>The file version; null if the build is named by its symbols.</summary>
    public FileVersion? Version { get; private init; }

    /// <summary>Whether the version's last number was given.</summary>
    public bool HasRevision { get; private init; }

    /// <summary>The identity of the kernel's symbols; null if the build is named by its version.</summary>
    public PdbIdentity? Pdb { get; private init; }

    /// <summary>The instruction set; <see cref="ProcessorArchitecture.Unknown"/> if the name does not say.</summary>
    public ProcessorArchitecture Architecture { get; private init; }

    /// <summary>Whether a text has the form of a build's name.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out KnownBuildName? name)
    {
        name = null;
        if (text.Length is > GuidDigits and <= GuidDigits + 8
            && Guid.TryParseExact(text[..GuidDigits], "N", out var guid)
            && uint.TryParse(text.AsSpan(GuidDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var age))
        {
            name = new KnownBuildName { Pdb = new PdbIdentity(string.Empty, guid, age) };
            return true;
        }

        var architecture = ProcessorArchitecture.Unknown;
        var version = text.AsSpan();
        foreach (var (suffix, candidate) in Suffixes)
        {
            if (version.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                version = version[..^suffix.Length];
                architecture = candidate;
                break;
            }
        }

        if (FileVersion.TryParse(version, out var numbers))
        {
            name = new KnownBuildName { Version = numbers, HasRevision = version.Count('.') == 3, Architecture = architecture };
        }
        else if (version.Length is >= 3 and <= 5 && int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var build))
        {
            var (_, major, minor) = Array.Find(Releases, release => build >= release.Build);
            name = new KnownBuildName { Version = new FileVersion(major, minor, build, 0), Architecture = architecture };
        }

        return name is not null;
    }
}
