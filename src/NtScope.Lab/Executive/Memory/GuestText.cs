namespace NtScope.Lab.Executive.Memory;

/// <summary>Bounds of text in guest memory.</summary>
internal static class GuestText
{
    /// <summary>The most characters that a terminated string is searched for its end; UNICODE_STRING holds fewer.</summary>
    public const int MaximumCharacters = 0x8000;
}
