using System.Text;
using NtScope.Images;

namespace NtScope.Lab.Machine.Images;

/// <summary>Builds a <c>VS_VERSIONINFO</c> resource.</summary>
internal static class VersionResource
{
    private const uint Signature = 0xFEEF_04BD;
    private const int FixedInfoSize = 52;

    /// <summary>The resource of a system file in English.</summary>
    public static byte[] Build(string originalName, string description, FileVersion version)
    {
        var text = $"{version.Major}.{version.Minor}.{version.Build}.{version.Revision}";
        var strings = Block("040904B0", [], isText: true,
            Text("CompanyName", "Microsoft Corporation"),
            Text("FileDescription", description),
            Text("FileVersion", text),
            Text("InternalName", originalName),
            Text("OriginalFilename", originalName),
            Text("ProductName", "Microsoft® Windows® Operating System"),
            Text("ProductVersion", text));
        return Block("VS_VERSION_INFO", FixedInfo(version), isText: false,
            Block("StringFileInfo", [], isText: true, strings),
            Block("VarFileInfo", [], isText: true, Block("Translation", [0x09, 0x04, 0xB0, 0x04], isText: false)));
    }

    private static byte[] FixedInfo(FileVersion version)
    {
        var (high, low) = ((uint)(version.Major << 16 | version.Minor), (uint)(version.Build << 16 | version.Revision));
        var bytes = new MemoryStream(FixedInfoSize);
        using var writer = new BinaryWriter(bytes);
        foreach (var value in new uint[] { Signature, 0x10000, high, low, high, low, 0x3F, 0, 0x40004, 3, 7, 0, 0 })
        {
            writer.Write(value);
        }

        return bytes.ToArray();
    }

    private static byte[] Text(string key, string value) => Block(key, Encoding.Unicode.GetBytes(value + '\0'), isText: true);

    private static byte[] Block(string key, byte[] value, bool isText, params byte[][] children)
    {
        var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write((ushort)0);
        writer.Write((ushort)(isText ? value.Length / 2 : value.Length));
        writer.Write((ushort)(isText ? 1 : 0));
        writer.Write(Encoding.Unicode.GetBytes(key + '\0'));
        Align(writer);
        writer.Write(value);
        foreach (var child in children)
        {
            Align(writer);
            writer.Write(child);
        }

        var block = bytes.ToArray();
        BitConverter.TryWriteBytes(block, (ushort)block.Length);
        return block;
    }

    private static void Align(BinaryWriter writer)
    {
        while (writer.BaseStream.Length % 4 != 0)
        {
            writer.Write((byte)0);
        }
    }
}
