using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace NtScope.Lab.Executive.Network;

/// <summary>What a filter asks of a field.</summary>
/// <param name="Field">The field.</param>
/// <param name="Match">FWP_MATCH_TYPE.</param>
/// <param name="Value">What it is compared with; of a range the lowest value, of a masked address the address.</param>
/// <param name="Second">Of a range the highest value, of a masked address the mask.</param>
internal sealed record FilterCondition(NetworkField Field, uint Match, FieldValue Value, FieldValue Second)
{
    private const uint Equal = 0;
    private const uint Greater = 1;
    private const uint Less = 2;
    private const uint GreaterOrEqual = 3;
    private const uint LessOrEqual = 4;
    private const uint InRange = 5;
    private const uint AllFlags = 6;
    private const uint AnyFlag = 7;
    private const uint NoFlag = 8;
    private const uint EqualWithoutCase = 9;
    private const uint NotEqual = 10;

    private static readonly Dictionary<Guid, NetworkField> Fields = new()
    {
        [new Guid("d78e1e87-8644-4ea5-9437-d809ecefc971")] = NetworkField.Application,
        [new Guid("d9ee00de-c1ef-4617-bfe3-ffd8f5a08957")] = NetworkField.LocalAddress,
        [new Guid("b235ae9a-1d64-49b8-a44c-5ff3d9095045")] = NetworkField.RemoteAddress,
        [new Guid("0c1ba1af-5765-453f-af22-a8f791ac775b")] = NetworkField.LocalPort,
        [new Guid("c35a604d-d22b-4e1a-91b4-68f674ee674b")] = NetworkField.RemotePort,
        [new Guid("3971ef2b-623e-4f9a-8cb1-6e79b806b9a7")] = NetworkField.Protocol,
        [new Guid("632ce23b-5167-435c-86d7-e903684aa80c")] = NetworkField.Flags,
    };

    /// <summary>The field that a condition names by its identifier; null for one that the machine does not have.</summary>
    public static NetworkField? FieldOf(Guid key) => Fields.TryGetValue(key, out var field) ? field : null;

    /// <summary>Whether a match type exists.</summary>
    public static bool IsMatch(uint match) => match <= NotEqual;

    /// <summary>Whether a value of traffic is what is asked for.</summary>
    public bool Matches(FieldValue actual) => actual.Type != FieldValue.Empty && Match switch
    {
        Equal => IsEqual(actual),
        NotEqual => !IsEqual(actual),
        EqualWithoutCase => actual.Bytes is not null && Value.Bytes is not null
            && MemoryMarshal.Cast<byte, char>(actual.Bytes).Equals(MemoryMarshal.Cast<byte, char>(Value.Bytes), StringComparison.OrdinalIgnoreCase),
        Greater => actual.Compare(Value) > 0,
        Less => actual.Compare(Value) < 0,
        GreaterOrEqual => actual.Compare(Value) >= 0,
        LessOrEqual => actual.Compare(Value) <= 0,
        InRange => actual.Compare(Value) >= 0 && actual.Compare(Second) <= 0,
        AllFlags => (actual.Number & Value.Number) == Value.Number,
        AnyFlag => (actual.Number & Value.Number) != 0,
        NoFlag => (actual.Number & Value.Number) == 0,
        _ => false,
    };

    private bool IsEqual(FieldValue actual) => Value.Type switch
    {
        FieldValue.AddressAndMask => (actual.Number & Second.Number) == (Value.Number & Second.Number),
        FieldValue.AddressAndPrefix => actual.Bytes is { Length: 16 } && Prefix(actual.Bytes, Second.Number) == Prefix(Value.Bytes!, Second.Number),
        _ => actual.Compare(Value) == 0,
    };

    private static UInt128 Prefix(byte[] address, ulong bits) =>
        bits == 0 ? 0 : BinaryPrimitives.ReadUInt128BigEndian(address) >> (int)(128 - Math.Min(bits, 128));
}
