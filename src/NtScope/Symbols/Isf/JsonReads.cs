using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace NtScope.Symbols.Isf;

/// <summary>Reads of members that may be missing or of another kind than they should be.</summary>
internal static class JsonReads
{
    public static bool TryGetObject(this JsonElement element, string name, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out value) && value.ValueKind == JsonValueKind.Object;
    }

    public static bool TryGetText(this JsonElement element, string name, [NotNullWhen(true)] out string? text)
    {
        text = element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return text is not null;
    }

    public static bool TryGetUInt32(this JsonElement element, string name, out uint number)
    {
        number = 0;
        return element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out number);
    }
}
