using System.Text;

namespace NtScope.Testing.Captures;

/// <summary>Writes VMware memory (<c>.vmem</c>) and its state file (<c>.vmsn</c>): groups of tags, the 64-bit form.</summary>
public static class VMwareWriter
{
    /// <summary>The memory, region behind region, and the state that says where each belongs.</summary>
    public static (byte[] Memory, byte[] State) Write(PhysicalPages memory, ulong control3)
    {
        var tags = new List<byte[]>();
        uint filePage = 0;
        foreach (var (first, count) in memory.Runs)
        {
            var index = (uint)(tags.Count / 3);
            tags.Add(Tag("regionPPN", [index], BitConverter.GetBytes((uint)first)));
            tags.Add(Tag("regionPageNum", [index], BitConverter.GetBytes(filePage)));
            tags.Add(Tag("regionSize", [index], BitConverter.GetBytes((uint)count)));
            filePage += (uint)count;
        }

        tags.Add(Tag("regionsCount", [], BitConverter.GetBytes((uint)memory.Runs.Count)));
        tags.Add(LongTag("Screenshot", new byte[300], padding: 7));
        tags.Add(new byte[2]);
        return (memory.Pages.Values.SelectMany(page => page).ToArray(), State(tags, Processor(control3)));
    }

    /// <summary>A state file that holds the memory itself, in one piece from address 0.</summary>
    public static byte[] WriteInside(PhysicalPages memory, ulong control3) =>
        State([Tag("regionsCount", [], BitConverter.GetBytes(0U)), LongTag("Memory", PlainWriter.Raw(memory), padding: 11, 0, 0), new byte[2]], Processor(control3));

    private static List<byte[]> Processor(ulong control3) => [Tag("CR64", [0, 3], BitConverter.GetBytes(control3)), new byte[2]];

    private static byte[] State(List<byte[]> memoryTags, List<byte[]> processorTags)
    {
        const int TagsAt = 12 + 2 * 80;
        var memoryBytes = memoryTags.SelectMany(tag => tag).ToArray();
        var header = new BytesAt(TagsAt)
            .Put(0, 0xBED2BED2)
            .Put(8, 2U)
            .Put(12, "cpu"u8)
            .Put(12 + 64, (ulong)(TagsAt + memoryBytes.Length))
            .Put(12 + 80, "memory"u8)
            .Put(12 + 80 + 64, (ulong)TagsAt)
            .Bytes;
        return [.. header, .. memoryBytes, .. processorTags.SelectMany(tag => tag)];
    }

    private static byte[] Tag(string name, uint[] indices, byte[] data) =>
        [(byte)(indices.Length << 6 | data.Length), (byte)name.Length, .. Encoding.ASCII.GetBytes(name), .. indices.SelectMany(BitConverter.GetBytes), .. data];

    private static byte[] LongTag(string name, byte[] data, ushort padding, params uint[] indices) =>
    [
        .. Tag(name, indices, [])[..1].Select(flags => (byte)(flags | 62)),
        .. Tag(name, indices, [])[1..],
        .. BitConverter.GetBytes((ulong)data.Length),
        .. BitConverter.GetBytes((ulong)data.Length),
        .. BitConverter.GetBytes(padding),
        .. new byte[padding],
        .. data,
    ];
}
