using System.Text;

namespace NtScope.Testing.Images;

/// <content>Writes headers, sections and directories.</content>
public sealed partial class PeImageBuilder
{
    private const uint HeaderSize = 0x80;

    /// <summary>The bytes of the file.</summary>
    public byte[] Build()
    {
        var directories = new (uint Rva, uint Size)[16];
        var sections = new List<(string Name, uint Rva, byte[] Bytes, uint VirtualSize, uint Characteristics)>(_sections);
        var next = NextRva;

        void Append(string name, Func<uint, byte[]> content, int directory, uint size = 0)
        {
            var bytes = content(next);
            directories[directory] = (next, size == 0 ? (uint)bytes.Length : size);
            sections.Add((name, next, bytes, (uint)bytes.Length, ReadOnlyData));
            next = Align(next + (uint)bytes.Length, SectionAlignment);
        }

        if (_exports.Count > 0)
        {
            Append(".edata", ExportBytes, 0);
        }

        if (_functions.Count > 0)
        {
            Append(".pdata", _ => FunctionBytes(), 3);
        }

        if (_version is not null)
        {
            Append(".rsrc", ResourceBytes, 2);
        }

        if (_pdb is not null)
        {
            Append(".debug", DebugBytes, 6, 28);
        }

        if (_loadConfiguration is not null)
        {
            Append(".lcfg", _ => LoadConfigurationBytes(), 10);
        }

        if (_relocations.Count > 0)
        {
            Append(".reloc", _ => RelocationBytes(), 5);
        }

        if (_imports.Count > 0)
        {
            var bytes = ImportBytes(out directories[1], out directories[13]);
            sections.Add((".idata", ImportRva, bytes, (uint)bytes.Length, Data));
            next = Align(ImportRva + (uint)bytes.Length, SectionAlignment);
        }

        return Assemble(sections, directories, next);
    }

    /// <summary>The bytes of the image as it is mapped at its preferred base.</summary>
    public byte[] BuildMapped()
    {
        using var image = Open();
        var bytes = new byte[image.SizeOfImage];
        var headers = Build().AsSpan();
        headers[..Math.Min(headers.Length, 0x1000)].CopyTo(bytes);
        foreach (var section in image.Sections)
        {
            image.Read(section.Rva, bytes.AsSpan((int)section.Rva, (int)section.VirtualSize), out _);
        }

        return bytes;
    }

    private byte[] Assemble(
        List<(string Name, uint Rva, byte[] Bytes, uint VirtualSize, uint Characteristics)> sections, (uint Rva, uint Size)[] directories, uint sizeOfImage)
    {
        var isWholePages = SectionAlignment >= 0x1000;
        var optionalSize = Is64Bit ? 240 : 224;
        var headersEnd = Align(HeaderSize + 24 + (uint)optionalSize + ((uint)sections.Count * 40), FileAlignment);
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);

        writer.Write("MZ"u8);
        stream.Position = 0x3C;
        writer.Write(HeaderSize);
        stream.Position = HeaderSize;
        writer.Write("PE\0\0"u8);
        writer.Write(Architecture switch { ProcessorArchitecture.X86 => (ushort)0x14C, ProcessorArchitecture.X64 => (ushort)0x8664, _ => (ushort)0xAA64 });
        writer.Write((ushort)sections.Count);
        writer.Write(TimeDateStamp);
        writer.Write(0L);
        writer.Write((ushort)optionalSize);
        writer.Write((ushort)0x2022);
        WriteOptionalHeader(writer, directories, sizeOfImage, headersEnd);

        var offset = headersEnd;
        foreach (var section in sections)
        {
            offset = isWholePages ? offset : section.Rva;
            var fileSize = Align((uint)section.Bytes.Length, isWholePages ? FileAlignment : SectionAlignment);
            var name = new byte[8];
            Encoding.Latin1.GetBytes(section.Name, name);
            writer.Write(name);
            writer.Write(section.VirtualSize);
            writer.Write(section.Rva);
            writer.Write(fileSize);
            writer.Write(fileSize == 0 ? 0 : offset);
            writer.Write(new byte[12]);
            writer.Write(section.Characteristics);
            var header = stream.Position;
            stream.SetLength(Math.Max(stream.Length, offset + fileSize));
            stream.Position = offset;
            writer.Write(section.Bytes);
            stream.Position = header;
            offset += fileSize;
        }

        return stream.ToArray();
    }

    private void WriteOptionalHeader(BinaryWriter writer, (uint Rva, uint Size)[] directories, uint sizeOfImage, uint headersEnd)
    {
        writer.Write(Is64Bit ? (ushort)0x20B : (ushort)0x10B);
        writer.Write(new byte[14]);
        writer.Write(EntryPoint);
        writer.Write(0x1000);
        if (Is64Bit)
        {
            writer.Write(PreferredBase);
        }
        else
        {
            writer.Write(0);
            writer.Write((uint)PreferredBase);
        }

        writer.Write(SectionAlignment);
        writer.Write(SectionAlignment >= 0x1000 ? FileAlignment : SectionAlignment);
        writer.Write(new byte[16]);
        writer.Write(sizeOfImage);
        writer.Write(headersEnd);
        writer.Write(CheckSum);
        writer.Write((ushort)1);
        writer.Write((ushort)0);
        writer.Write(new byte[Is64Bit ? 36 : 20]);
        writer.Write(directories.Length);
        foreach (var (rva, size) in directories)
        {
            writer.Write(rva);
            writer.Write(size);
        }
    }

    private byte[] ExportBytes(uint rva)
    {
        var sorted = _exports.OrderBy(export => export.Name, StringComparer.Ordinal).ToList();
        var count = (uint)sorted.Count;
        var addresses = rva + 40;
        var names = addresses + (count * 4);
        var ordinals = names + (count * 4);
        var texts = new MemoryStream();
        var textStart = ordinals + (count * 2);
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(new byte[12]);
        writer.Write(AddText(texts, textStart, ModuleName));
        writer.Write(1);
        writer.Write(count);
        writer.Write(count);
        writer.Write(addresses);
        writer.Write(names);
        writer.Write(ordinals);
        foreach (var (_, function, forwarder) in sorted)
        {
            writer.Write(forwarder is null ? function : AddText(texts, textStart, forwarder));
        }

        foreach (var (name, _, _) in sorted)
        {
            writer.Write(AddText(texts, textStart, name));
        }

        for (ushort i = 0; i < count; i++)
        {
            writer.Write(i);
        }

        writer.Write(texts.ToArray());
        return stream.ToArray();
    }

    private byte[] ImportBytes(out (uint Rva, uint Size) normal, out (uint Rva, uint Size) delayed)
    {
        var lookups = _nextSlot;
        var normalCount = (uint)_imports.Count(import => !import.IsDelayLoaded);
        var delayedCount = (uint)_imports.Count - normalCount;
        normal = normalCount == 0 ? default : (lookups + (_nextSlot - ImportRva), (normalCount + 1) * 20);
        delayed = delayedCount == 0 ? default : (lookups + (_nextSlot - ImportRva) + ((normalCount + 1) * 20), (delayedCount + 1) * 32);
        var textStart = lookups + (_nextSlot - ImportRva) + ((normalCount + 1) * 20) + ((delayedCount + 1) * 32);
        var texts = new MemoryStream();
        using var table = new MemoryStream();
        using var tableWriter = new BinaryWriter(table);
        using var descriptors = new MemoryStream();
        using var descriptorWriter = new BinaryWriter(descriptors);
        using var delayedDescriptors = new MemoryStream();
        using var delayedWriter = new BinaryWriter(delayedDescriptors);
        foreach (var (module, names, slots, isDelayLoaded) in _imports)
        {
            var lookup = slots - ImportRva + lookups;
            var moduleRva = AddText(texts, textStart, module);
            if (isDelayLoaded)
            {
                foreach (var value in new[] { 1u, moduleRva, 0u, slots, lookup, 0u, 0u, 0u })
                {
                    delayedWriter.Write(value);
                }
            }
            else
            {
                foreach (var value in new[] { lookup, 0u, 0u, moduleRva, slots })
                {
                    descriptorWriter.Write(value);
                }
            }

            foreach (var name in names)
            {
                WritePointer(tableWriter, AddText(texts, textStart, "\0\0" + name));
            }

            WritePointer(tableWriter, 0);
        }

        descriptorWriter.Write(new byte[20]);
        delayedWriter.Write(new byte[32]);
        var bytes = table.ToArray();
        return [.. bytes, .. bytes, .. descriptors.ToArray(), .. delayedDescriptors.ToArray(), .. texts.ToArray()];
    }

    private byte[] FunctionBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (var (begin, end, unwind) in _functions.OrderBy(function => function.Begin))
        {
            writer.Write(begin);
            if (Architecture == ProcessorArchitecture.Arm64)
            {
                writer.Write((((end - begin) / 4) << 2) | 1);
            }
            else
            {
                writer.Write(end);
                writer.Write(unwind);
            }
        }

        return stream.ToArray();
    }

    private byte[] RelocationBytes()
    {
        var kind = Is64Bit ? 10 : 3;
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (var page in _relocations.Order().GroupBy(rva => rva & ~0xFFFu))
        {
            var items = page.Select(rva => (ushort)((kind << 12) | (int)(rva & 0xFFF))).ToList();
            if (items.Count % 2 != 0)
            {
                items.Add(0);
            }

            writer.Write(page.Key);
            writer.Write(8 + (items.Count * 2));
            items.ForEach(writer.Write);
        }

        return stream.ToArray();
    }

    private byte[] DebugBytes(uint rva)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        var path = Encoding.UTF8.GetBytes(_pdb!.FileName + "\0");
        writer.Write(new byte[12]);
        writer.Write(2);
        writer.Write(24 + path.Length);
        writer.Write(rva + 28);
        writer.Write(0);
        writer.Write("RSDS"u8);
        writer.Write(_pdb.Guid.ToByteArray());
        writer.Write(_pdb.Age);
        writer.Write(path);
        return stream.ToArray();
    }

    private byte[] LoadConfigurationBytes()
    {
        var bytes = new byte[Is64Bit ? 0x94 : 0x5C];
        var (cookie, flags) = _loadConfiguration!.Value;
        BitConverter.TryWriteBytes(bytes, bytes.Length);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), flags);
        if (Is64Bit)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(0x58), PreferredBase + cookie);
        }
        else
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(0x3C), (uint)PreferredBase + cookie);
        }

        return bytes;
    }

    private byte[] ResourceBytes(uint rva)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (var (id, child) in new[] { (16u, 0x80000018u), (1u, 0x80000030u), (0x409u, 0x48u) })
        {
            writer.Write(new byte[14]);
            writer.Write((ushort)1);
            writer.Write(id);
            writer.Write(child);
        }

        var version = VersionBytes();
        writer.Write(rva + 0x58);
        writer.Write(version.Length);
        writer.Write(0L);
        writer.Write(version);
        return stream.ToArray();
    }

    private byte[] VersionBytes()
    {
        var words = new byte[52];
        BitConverter.TryWriteBytes(words, 0xFEEF04BD);
        var value = _version!.Value;
        foreach (var at in new[] { 8, 16 })
        {
            BitConverter.TryWriteBytes(words.AsSpan(at), ((uint)value.Major << 16) | (uint)value.Minor);
            BitConverter.TryWriteBytes(words.AsSpan(at + 4), ((uint)value.Build << 16) | (uint)value.Revision);
        }

        var strings = _versionStrings.Select(pair => Block(pair.Key, Encoding.Unicode.GetBytes(pair.Value + "\0"), pair.Value.Length + 1, isText: true)).ToList();
        var table = Block("040904B0", Join(strings), 0, isText: true);
        var stringInfo = Block("StringFileInfo", table, 0, isText: true);
        return Block("VS_VERSION_INFO", Join([words, stringInfo]), words.Length, isText: false);
    }

    private static byte[] Block(string key, byte[] content, int valueLength, bool isText)
    {
        var header = Pad([0, 0, (byte)valueLength, (byte)(valueLength >> 8), isText ? (byte)1 : (byte)0, 0, .. Encoding.Unicode.GetBytes(key + "\0")]);
        byte[] block = [.. header, .. content];
        BitConverter.TryWriteBytes(block, (ushort)block.Length);
        return block;
    }

    private static byte[] Join(List<byte[]> parts) => [.. parts.SelectMany(Pad)];

    private static byte[] Pad(byte[] bytes) => [.. bytes, .. new byte[-bytes.Length & 3]];

    private static uint AddText(MemoryStream texts, uint start, string text)
    {
        var rva = start + (uint)texts.Length;
        texts.Write(Encoding.UTF8.GetBytes(text + "\0"));
        return rva;
    }

    private void WritePointer(BinaryWriter writer, ulong value)
    {
        if (Is64Bit)
        {
            writer.Write(value);
        }
        else
        {
            writer.Write((uint)value);
        }
    }
}
