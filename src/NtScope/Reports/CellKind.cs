namespace NtScope.Reports;

/// <summary>What a <see cref="Cell"/> holds.</summary>
public enum CellKind
{
    /// <summary>Nothing: not applicable, or not readable (a finding of the row says which).</summary>
    Empty,

    /// <summary>Text; it may come from an untrusted input, and renderers escape it.</summary>
    Text,

    /// <summary>A count, an offset or an index: a JSON number.</summary>
    Number,

    /// <summary>An address: a JSON string such as <c>"0xfffff80413c3ec20"</c>.</summary>
    Address,

    /// <summary>A raw encoded value: a JSON string of hexadecimal digits after <c>0x</c>, padded to its width.</summary>
    Raw,

    /// <summary>Yes or no.</summary>
    Flag,

    /// <summary>Several texts.</summary>
    Texts,

    /// <summary>Rows inside the row (the windows of a desktop).</summary>
    Rows,
}
