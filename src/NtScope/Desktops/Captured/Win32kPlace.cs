namespace NtScope.Desktops.Captured;

/// <summary>A field of a win32k structure.</summary>
/// <param name="Structure">The structure (<c>tagDESKTOP</c>).</param>
/// <param name="Field">The field (<c>rpdeskNext</c>).</param>
internal readonly record struct Win32kPlace(string Structure, string Field)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Structure}.{Field}";
}
