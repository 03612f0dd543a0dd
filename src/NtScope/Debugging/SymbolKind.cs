namespace NtScope.Debugging;

/// <summary>What public symbols say of themselves: functions have no parameter information, data no type.</summary>
internal static class SymbolKind
{
    /// <summary>The remark that <c>x</c> and <c>ln</c> put behind a public symbol.</summary>
    public static string Describe(in SymbolPlace place)
    {
        return IsFunction(place) ? $"({place.Name})" : "= <no type information>";
    }

    /// <summary>Whether a symbol lies in a section of code, or in an image whose sections are not known.</summary>
    public static bool IsFunction(in SymbolPlace place)
    {
        var rva = (uint)(place.Address - (place.Module.Base ?? VirtualAddress.Zero));
        return place.Module.Image?.Sections.FirstOrDefault(section => rva >= section.Rva && rva - section.Rva < section.VirtualSize) is not { IsExecutable: false };
    }
}
