using System.Text;
using System.Text.Encodings.Web;

namespace NtScope.Rendering;

/// <summary>Keeps JSON readable (no escapes for <c>&lt;</c> or <c>+</c>) and still escapes whatever could steer a terminal or reorder a line.</summary>
internal sealed class VisibleJsonEncoder : JavaScriptEncoder
{
    private static readonly JavaScriptEncoder Relaxed = UnsafeRelaxedJsonEscaping;

    public static VisibleJsonEncoder Instance { get; } = new();

    public override int MaxOutputCharactersPerInputCharacter => Relaxed.MaxOutputCharactersPerInputCharacter;

    public override bool WillEncode(int unicodeScalar) =>
        Relaxed.WillEncode(unicodeScalar) || !Rune.TryCreate(unicodeScalar, out var rune) || VisibleText.IsUnsafe(rune);

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        for (var i = 0; i < textLength;)
        {
            if (Rune.DecodeFromUtf16(new ReadOnlySpan<char>(text + i, textLength - i), out var rune, out var length) != System.Buffers.OperationStatus.Done
                || WillEncode(rune.Value))
            {
                return i;
            }

            i += length;
        }

        return -1;
    }

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        if (Relaxed.WillEncode(unicodeScalar))
        {
            return Relaxed.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);
        }

        Span<char> units = stackalloc char[2];
        var count = new Rune(unicodeScalar).EncodeToUtf16(units);
        numberOfCharactersWritten = 0;
        foreach (var unit in units[..count])
        {
            var free = new Span<char>(buffer + numberOfCharactersWritten, bufferLength - numberOfCharactersWritten);
            if (!free.TryWrite($"\\u{(int)unit:x4}", out var written))
            {
                return false;
            }

            numberOfCharactersWritten += written;
        }

        return true;
    }
}
