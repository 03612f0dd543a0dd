namespace NtScope.Debugging.Commands;

/// <summary>What <c>x</c> shows of each symbol.</summary>
public enum SymbolListingShape
{
    /// <summary>Address, name and what kind of thing it is.</summary>
    Full,

    /// <summary>The same with empty parentheses for functions, as lists that are sorted have it.</summary>
    Sorted,

    /// <summary>The same with names in quotes (<c>/q</c>).</summary>
    Quoted,

    /// <summary>Addresses alone (<c>/0</c>).</summary>
    Addresses,

    /// <summary>Names alone (<c>/1</c>).</summary>
    Names,

    /// <summary>Addresses and names (<c>/2</c>).</summary>
    AddressesAndNames,
}
