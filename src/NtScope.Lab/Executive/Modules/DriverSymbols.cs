using NtScope.Images;
using NtScope.Symbols;

namespace NtScope.Lab.Executive.Modules;

/// <summary>Names for a driver's code.</summary>
internal static class DriverSymbols
{
    /// <summary>The names that an image exports; null if it exports none.</summary>
    public static ISymbolSource? Find(PeImage image) => null;
}
