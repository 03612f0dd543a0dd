namespace NtScope.Rendering;

/// <summary>What a piece of a line is, so that a terminal can colour it.</summary>
public enum TextRole
{
    /// <summary>Spacing.</summary>
    Space,

    /// <summary>The heading of a column.</summary>
    Heading,

    /// <summary>A text cell.</summary>
    Text,

    /// <summary>The cell of the column that names the row.</summary>
    Name,

    /// <summary>A number.</summary>
    Number,

    /// <summary>An address or a raw value.</summary>
    Address,

    /// <summary>A finding.</summary>
    Finding,

    /// <summary>The line that sums the report up.</summary>
    Summary,

    /// <summary>A note on the report as a whole.</summary>
    Note,
}
