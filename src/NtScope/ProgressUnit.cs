namespace NtScope;

/// <summary>What a <see cref="Progress"/> counts.</summary>
public enum ProgressUnit
{
    /// <summary>Things: files, images.</summary>
    Items,

    /// <summary>Bytes.</summary>
    Bytes,
}
