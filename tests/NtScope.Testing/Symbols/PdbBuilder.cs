using System.Text;
using NtScope.Symbols.Types;

namespace NtScope.Testing.Symbols;

/// <summary>
/// Builds a PDB of format 7.00: sections, public symbols, procedures, data, OMAP and types, under a chosen GUID and age. It writes all
/// tables that Microsoft's own readers need, so that a debugger takes the file as the symbols of an image of that identity.
/// </summary>
public sealed class PdbBuilder(Guid guid, uint age, ProcessorArchitecture architecture)
{
    private const ushort NoStream = 0xffff;
    private readonly List<(string Name, uint Rva, uint Size, uint Characteristics)> _sections = [];
    private readonly List<(string Name, uint Rva, bool IsFunction)> _publics = [];
    private readonly List<(string Name, uint Rva, uint Size)> _procedures = [];
    private readonly List<(string Name, uint Rva)> _data = [];
    private readonly List<(uint From, uint To)> _omap = [];
    private readonly PdbTypeWriter _types = new(architecture == ProcessorArchitecture.X86 ? 4 : 8);

    /// <summary>Bytes of a block of the container.</summary>
    public int BlockSize { get; init; } = 4096;

    /// <summary>Whether streams are scattered over the file.</summary>
    public bool Scatter { get; init; }

    /// <summary>Adds a section; symbols are placed by the sections, so these come first.</summary>
    public PdbBuilder Section(string name, uint rva, uint size, uint characteristics = 0x60000020)
    {
        _sections.Add((name, rva, size, characteristics));
        return this;
    }

    /// <summary>Adds a public symbol under its decorated name.</summary>
    public PdbBuilder Public(string name, uint rva, bool isFunction = true)
    {
        _publics.Add((name, rva, isFunction));
        return this;
    }

    /// <summary>Adds a procedure to the PDB's one module.</summary>
    public PdbBuilder Procedure(string name, uint rva, uint size)
    {
        _procedures.Add((name, rva, size));
        return this;
    }

    /// <summary>Adds a global variable.</summary>
    public PdbBuilder Data(string name, uint rva)
    {
        _data.Add((name, rva));
        return this;
    }

    /// <summary>Says that the image was rearranged: what was linked at <paramref name="from"/> is at <paramref name="to"/> (0: removed).</summary>
    public PdbBuilder Omap(uint from, uint to)
    {
        _omap.Add((from, to));
        return this;
    }

    /// <summary>Adds a structure or union.</summary>
    public PdbBuilder Type(StructureLayout layout)
    {
        _types.Add(layout);
        return this;
    }

    /// <summary>Adds an enumeration.</summary>
    public PdbBuilder Type(EnumerationLayout layout)
    {
        _types.Add(layout);
        return this;
    }

    /// <summary>The file.</summary>
    public byte[] Build()
    {
        var file = new MultiStreamFileBuilder { BlockSize = BlockSize, Scatter = Scatter };
        file.Add([]);
        file.Add(Information());
        var types = file.Add([]);
        var debug = file.Add([]);
        var items = new PdbTypeWriter(8);
        var itemStream = file.Add([]);
        file.Set(types, _types.Stream(file.Add(_types.HashStream())));
        file.Set(itemStream, items.Stream(file.Add(items.HashStream())));
        var module = Module(out var procedureOffsets);
        var moduleStream = file.Add(module);
        var records = Records(procedureOffsets, out var globals, out var publics);
        var globalStream = file.Add(PdbHash.Table(globals));
        var publicStream = file.Add(PublicStream(publics));
        var recordStream = file.Add(records);
        var headers = file.Add(SectionHeaders());
        var omap = _omap.Count > 0 ? file.Add(Bytes(writer => _omap.OrderBy(entry => entry.From).ToList().ForEach(entry =>
        {
            writer.Write(entry.From);
            writer.Write(entry.To);
        }))) : NoStream;
        var backward = _omap.Count > 0 ? file.Add(Bytes(writer => _omap.Where(entry => entry.To != 0).OrderBy(entry => entry.To).ToList().ForEach(entry =>
        {
            writer.Write(entry.To);
            writer.Write(entry.From);
        }))) : NoStream;
        ushort[] optional = [NoStream, NoStream, NoStream, backward, omap, headers, NoStream, NoStream, NoStream, NoStream, omap == NoStream ? NoStream : headers];
        file.Set(debug, DebugStream(globalStream, publicStream, recordStream, moduleStream, module.Length, optional));
        return file.Build();
    }

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        return stream.ToArray();
    }

    private static byte[] Record(ushort kind, string? name, Action<BinaryWriter> write)
    {
        var bytes = Bytes(writer =>
        {
            writer.Write((ushort)0);
            writer.Write(kind);
            write(writer);
            if (name is not null) writer.Write(Encoding.UTF8.GetBytes(name + "\0"));
            while (writer.BaseStream.Length % 4 != 0) writer.Write((byte)0);
        });
        BitConverter.TryWriteBytes(bytes, (ushort)(bytes.Length - 2));
        return bytes;
    }

    private (ushort Section, uint Offset) Place(uint rva)
    {
        var section = _sections.FindIndex(section => rva >= section.Rva && rva - section.Rva < section.Size);
        return section >= 0 ? ((ushort)(section + 1), rva - _sections[section].Rva) : throw new InvalidOperationException($"no section covers 0x{rva:x}");
    }

    private byte[] Information() => Bytes(writer =>
    {
        writer.Write(20000404);
        writer.Write(0x5f000000);
        writer.Write(age);
        writer.Write(guid.ToByteArray());
        writer.Write(0);
        writer.Write(0);
        writer.Write(8);
        writer.Write(0);
        writer.Write(0);
        writer.Write(20140508);
    });

    private byte[] Module(out List<(string Name, uint Offset)> offsets)
    {
        var found = new List<(string, uint)>();
        var bytes = Bytes(writer =>
        {
            writer.Write(4);
            foreach (var (name, rva, size) in _procedures)
            {
                var (section, offset) = Place(rva);
                var start = (uint)writer.BaseStream.Length;
                found.Add((name, start));
                var end = 0u;
                byte[] Procedure() => Record(0x1110, name, fields =>
                {
                    fields.Write(0);
                    fields.Write(end);
                    fields.Write(0);
                    fields.Write(size);
                    fields.Write(0);
                    fields.Write(size);
                    fields.Write(0);
                    fields.Write(offset);
                    fields.Write(section);
                    fields.Write((byte)0);
                });
                end = start + (uint)Procedure().Length;
                writer.Write(Procedure());
                writer.Write(Record(0x0006, null, _ => { }));
            }

            writer.Write(0);
        });
        offsets = found;
        return bytes;
    }

    private byte[] Records(
        List<(string Name, uint Offset)> procedures,
        out List<(string Name, uint Offset)> globals,
        out List<(string Name, uint Offset, ushort Section, uint Place)> publics)
    {
        var (foundGlobals, foundPublics) = (new List<(string, uint)>(), new List<(string, uint, ushort, uint)>());
        var bytes = Bytes(writer =>
        {
            foreach (var (name, rva, isFunction) in _publics)
            {
                var (section, offset) = Place(rva);
                foundPublics.Add((name, (uint)writer.BaseStream.Length, section, offset));
                writer.Write(Record(0x110e, name, fields =>
                {
                    fields.Write(isFunction ? 2 : 0);
                    fields.Write(offset);
                    fields.Write(section);
                }));
            }

            foreach (var (name, rva) in _data)
            {
                var (section, offset) = Place(rva);
                foundGlobals.Add((name, (uint)writer.BaseStream.Length));
                writer.Write(Record(0x110d, name, fields =>
                {
                    fields.Write(0x22);
                    fields.Write(offset);
                    fields.Write(section);
                }));
            }

            foreach (var (name, offset) in procedures)
            {
                foundGlobals.Add((name, (uint)writer.BaseStream.Length));
                writer.Write(Record(0x1125, name, fields =>
                {
                    fields.Write(0);
                    fields.Write(offset);
                    fields.Write((ushort)1);
                }));
            }
        });
        (globals, publics) = (foundGlobals, foundPublics);
        return bytes;
    }

    private byte[] PublicStream(List<(string Name, uint Offset, ushort Section, uint Place)> publics)
    {
        var table = PdbHash.Table(publics.Select(entry => (entry.Name, entry.Offset)));
        return Bytes(writer =>
        {
            writer.Write(table.Length);
            writer.Write(publics.Count * 4);
            writer.Write(0);
            writer.Write(0);
            writer.Write(0);
            writer.Write(0);
            writer.Write(_sections.Count);
            writer.Write(table);
            foreach (var entry in publics.OrderBy(entry => entry.Section).ThenBy(entry => entry.Place).ThenBy(entry => entry.Name, StringComparer.Ordinal))
            {
                writer.Write(entry.Offset);
            }
        });
    }

    private byte[] SectionHeaders() => Bytes(writer =>
    {
        foreach (var section in _sections)
        {
            writer.Write(Encoding.ASCII.GetBytes(section.Name.PadRight(8, '\0'))[..8]);
            writer.Write(section.Size);
            writer.Write(section.Rva);
            writer.Write(section.Size);
            writer.Write(section.Rva);
            writer.Write(new byte[12]);
            writer.Write(section.Characteristics);
        }
    });

    private byte[] DebugStream(ushort globals, ushort publics, ushort records, ushort module, int moduleBytes, ushort[] optional)
    {
        var modules = Bytes(writer =>
        {
            writer.Write(0);
            WriteContribution(writer, 0);
            writer.Write((ushort)0);
            writer.Write(module);
            writer.Write(moduleBytes - 4);
            writer.Write(0);
            writer.Write(0);
            writer.Write(0);
            writer.Write(0);
            writer.Write(0);
            writer.Write(0);
            writer.Write("image.obj\0image.obj\0"u8);
            while (writer.BaseStream.Length % 4 != 0) writer.Write((byte)0);
        });
        var contributions = Bytes(writer =>
        {
            writer.Write(0xeffe0000 + 19970605);
            for (var i = 0; i < _sections.Count; i++)
            {
                WriteContribution(writer, i);
            }
        });
        var map = SectionMap();
        var sources = Bytes(writer =>
        {
            writer.Write((ushort)1);
            writer.Write((ushort)0);
            writer.Write((ushort)0);
            writer.Write((ushort)0);
        });
        return Bytes(writer =>
        {
            writer.Write(-1);
            writer.Write(19990903);
            writer.Write(age);
            writer.Write(globals);
            writer.Write((ushort)0x8e00);
            writer.Write(publics);
            writer.Write((ushort)0);
            writer.Write(records);
            writer.Write((ushort)0);
            writer.Write(modules.Length);
            writer.Write(contributions.Length);
            writer.Write(map.Length);
            writer.Write(sources.Length);
            writer.Write(0);
            writer.Write(0);
            writer.Write(optional.Length * 2);
            writer.Write(0);
            writer.Write((ushort)0);
            writer.Write((ushort)(architecture switch { ProcessorArchitecture.X86 => 0x14c, ProcessorArchitecture.Arm64 => 0xaa64, _ => 0x8664 }));
            writer.Write(0);
            writer.Write(modules);
            writer.Write(contributions);
            writer.Write(map);
            writer.Write(sources);
            Array.ForEach(optional, writer.Write);
        });
    }

    private void WriteContribution(BinaryWriter writer, int section)
    {
        writer.Write((ushort)(section + 1));
        writer.Write((ushort)0);
        writer.Write(0);
        writer.Write(section < _sections.Count ? _sections[section].Size : 0);
        writer.Write(section < _sections.Count ? _sections[section].Characteristics : 0);
        writer.Write((ushort)0);
        writer.Write((ushort)0);
        writer.Write(0);
        writer.Write(0);
    }

    private byte[] SectionMap() => Bytes(writer =>
    {
        writer.Write((ushort)(_sections.Count + 1));
        writer.Write((ushort)(_sections.Count + 1));
        for (var i = 0; i <= _sections.Count; i++)
        {
            var isAbsolute = i == _sections.Count;
            writer.Write((ushort)(isAbsolute ? 0x208 : 0x10d));
            writer.Write((ushort)0);
            writer.Write((ushort)0);
            writer.Write((ushort)(i + 1));
            writer.Write((ushort)0xffff);
            writer.Write((ushort)0xffff);
            writer.Write(0);
            writer.Write(isAbsolute ? uint.MaxValue : _sections[i].Size);
        }
    });
}
