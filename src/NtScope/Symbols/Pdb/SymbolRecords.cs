using System.Buffers.Binary;

namespace NtScope.Symbols.Pdb;

/// <summary>The symbol records of a PDB: procedures and data of modules, globals, publics.</summary>
internal static class SymbolRecords
{
    private const ushort LocalDataCounted = 0x1007;
    private const ushort GlobalDataCounted = 0x1008;
    private const ushort PublicCounted = 0x1009;
    private const ushort LocalProcedureCounted = 0x100a;
    private const ushort GlobalProcedureCounted = 0x100b;
    private const ushort LocalData = 0x110c;
    private const ushort GlobalData = 0x110d;
    private const ushort Public = 0x110e;
    private const ushort LocalProcedure = 0x110f;
    private const ushort GlobalProcedure = 0x1110;
    private const ushort LocalProcedureId = 0x1146;
    private const ushort GlobalProcedureId = 0x1147;

    /// <summary>All names with their places: those of modules first, as they say more than the publics that repeat them.</summary>
    /// <exception cref="InputException">A stream lies outside the file, or there are more symbols than can be.</exception>
    public static SymbolTable Read(MultiStreamFile file, DebugInformation information)
    {
        var places = new SectionMap(file, information);
        var symbols = new List<Symbol>();
        foreach (var (stream, symbolBytes) in information.ModuleStreams)
        {
            var bytes = file.ReadStream(stream);
            Collect(file.Name, bytes.AsSpan(0, Math.Min(symbolBytes, bytes.Length)), sizeof(uint), information.Architecture, places, symbols);
        }

        if (information.SymbolRecordStream is { } records)
        {
            Collect(file.Name, file.ReadStream(records), 0, information.Architecture, places, symbols);
        }

        return new SymbolTable(symbols);
    }

    private static void Collect(
        string file, ReadOnlySpan<byte> records, int start, ProcessorArchitecture architecture, SectionMap places, List<Symbol> symbols)
    {
        for (var position = start; position + 4 <= records.Length;)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(records[position..]);
            if (length < 2 || position + 2 + length > records.Length)
            {
                return;
            }

            if (TryRead(records.Slice(position + 2, length), architecture, places, out var symbol))
            {
                if (symbols.Count >= Limits.Symbols)
                {
                    throw new InputException(file, "symbol records", position, $"more than {Limits.Symbols} symbols");
                }

                symbols.Add(symbol);
            }

            position += 2 + length;
        }
    }

    private static bool TryRead(ReadOnlySpan<byte> record, ProcessorArchitecture architecture, SectionMap places, out Symbol symbol)
    {
        symbol = default;
        var reader = new RecordReader(record);
        var kind = reader.ReadUInt16();
        var fieldsBefore = kind switch
        {
            LocalData or GlobalData or Public or LocalDataCounted or GlobalDataCounted or PublicCounted => 4,
            LocalProcedure or GlobalProcedure or LocalProcedureId or GlobalProcedureId or LocalProcedureCounted or GlobalProcedureCounted => 28,
            _ => -1,
        };
        if (fieldsBefore < 0)
        {
            return false;
        }

        reader.Skip(fieldsBefore);
        var offset = reader.ReadUInt32();
        var section = reader.ReadUInt16();
        reader.Skip(fieldsBefore > 4 ? 1 : 0);
        if (reader.Failed || !places.TryGetRva(section, offset, out var rva))
        {
            return false;
        }

        var name = kind is >= LocalDataCounted and <= GlobalProcedureCounted ? reader.ReadCountedName() : reader.ReadName();
        if (name.Length == 0)
        {
            return false;
        }

        symbol = new Symbol(kind is Public or PublicCounted ? SymbolName.Undecorate(name, architecture) : name, rva, NameSource.Symbol);
        return true;
    }
}
