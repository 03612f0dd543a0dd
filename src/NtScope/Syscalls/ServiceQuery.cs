using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace NtScope.Syscalls;

/// <summary>What <c>find</c> looks for: a service by name or by number, in every known build or in one.</summary>
public sealed record ServiceQuery
{
    /// <summary>The service's name, or null for a number; <c>ZwX</c> is asked for as <c>NtX</c>.</summary>
    public string? Name { get; private init; }

    /// <summary>The service's number, or null for a name.</summary>
    public ServiceIndex? Index { get; private init; }

    /// <summary>Only this build; null for all.</summary>
    public int? Build { get; private init; }

    /// <summary>Reads <c>NtCreateFile</c>, <c>0x55</c>, <c>55h</c>, <c>85</c>, each with <c>@19041</c> behind it or without.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ServiceQuery? query)
    {
        query = null;
        var at = text.LastIndexOf('@');
        int? build = null;
        if (at >= 0)
        {
            if (!int.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            build = number;
            text = text[..at];
        }

        if (TryParseNumber(text, out var index))
        {
            query = new ServiceQuery { Index = new ServiceIndex(index), Build = build };
        }
        else if (text.Length > 0 && text.All(character => char.IsAsciiLetterOrDigit(character) || character == '_'))
        {
            var name = text.StartsWith("Zw", StringComparison.OrdinalIgnoreCase) ? string.Concat("Nt", text.AsSpan(2)) : text;
            query = new ServiceQuery { Name = name, Build = build };
        }

        return query is not null;
    }

    /// <summary>The query as it was asked.</summary>
    public override string ToString() => (Name ?? Index?.ToString()) + (Build is { } build ? $"@{build.ToString(CultureInfo.InvariantCulture)}" : string.Empty);

    private static bool TryParseNumber(ReadOnlySpan<char> text, out uint number)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        }

        if (text.EndsWith("h", StringComparison.OrdinalIgnoreCase) && text.Length > 1 && char.IsAsciiDigit(text[0]))
        {
            return uint.TryParse(text[..^1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        }

        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
