namespace NtScope.Fuzz;

/// <summary>A parser with inputs to start from. Only an <see cref="InputException"/> may leave it.</summary>
internal interface IFuzzTarget
{
    /// <summary>What the command line calls it.</summary>
    string Name { get; }

    /// <summary>Good inputs, which are mutated.</summary>
    IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>Reads an input and asks all that can be asked of it.</summary>
    void Read(byte[] input);
}
