namespace NtScope.Images;

/// <summary>The version resource of an image.</summary>
/// <param name="FileVersion">The file version of <c>VS_FIXEDFILEINFO</c>, which names the build and its revision.</param>
/// <param name="ProductVersion">The product version of the same structure.</param>
/// <param name="Strings">The strings of the first language: <c>OriginalFilename</c>, <c>FileDescription</c>.</param>
public sealed record VersionInformation(FileVersion FileVersion, FileVersion ProductVersion, IReadOnlyDictionary<string, string> Strings);
