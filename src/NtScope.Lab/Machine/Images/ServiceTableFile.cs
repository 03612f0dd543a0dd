namespace NtScope.Lab.Machine.Images;

/// <summary>
/// A service table as the linker leaves it in a file: pointers that the loader relocates on x86 and in x64 files up to build 10586, RVAs of 4 bytes in
/// x64 files since 14393. The boot code of x64 packs either into what a running system has.
/// </summary>
internal static class ServiceTableFile
{
    private const int RvasSince = 14393;

    /// <summary>The size of the pointers in a file's tables; 0 if it has RVAs.</summary>
    public static int PointerSizeOf(MachineContext context) => context.IsNarrow ? sizeof(uint) : context.Version.Build < RvasSince ? sizeof(ulong) : 0;

    /// <summary>The bytes of the table.</summary>
    /// <param name="routines">The RVA of each service's routine.</param>
    /// <param name="room">How many bytes lie between the table and its limit; what the entries leave of it is zero.</param>
    /// <param name="pointerSize">The size of its pointers; 0 for RVAs.</param>
    public static byte[] Encode(IEnumerable<uint> routines, uint room, int pointerSize)
    {
        var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        foreach (var routine in routines)
        {
            switch (pointerSize)
            {
                case sizeof(ulong):
                    writer.Write(ImageFile.PreferredBase + routine);
                    break;
                case sizeof(uint):
                    writer.Write(ImageFile.NarrowPreferredBase + routine);
                    break;
                default:
                    writer.Write(routine);
                    break;
            }
        }

        var table = bytes.ToArray();
        Array.Resize(ref table, Math.Max(table.Length, (int)room));
        return table;
    }

    /// <summary>Where the loader relocates a table.</summary>
    public static IEnumerable<uint> Relocations(uint table, int count, int pointerSize) =>
        pointerSize == 0 ? [] : Enumerable.Range(0, count).Select(index => table + (uint)(index * pointerSize));
}
