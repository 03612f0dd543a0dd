using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Smearing;

/// <summary>
/// What else a running machine shows: blocks of pool tagged as processes and threads hold bytes of something else, some of them freed; pages of drivers' code
/// are on their way out, in transition or already in the page file.
/// </summary>
internal sealed class PageSmear(MachineContext context)
{
    private const int BlockSize = PhysicalRam.PageSize / 2 - 0x20;
    private const uint FirstCodePage = 0x3000;
    private const ulong Transition = 1 << 11;
    private const ulong ExecuteWrite = 6 << 5;
    private const int PageFileShift = 32;
    private const int NarrowPageFileShift = 12;

    private int PageFileOffset => context.System.Paging.EntrySize == sizeof(ulong) ? PageFileShift : NarrowPageFileShift;

    /// <summary>Smears so many pages.</summary>
    /// <param name="pages">How many.</param>
    /// <param name="images">The drivers whose code may be on its way out.</param>
    public void Smear(int pages, IReadOnlyList<LabImage> images)
    {
        for (var page = 0; page < pages; page++)
        {
            if (page % 2 == 0)
            {
                SmearPool(page);
            }
            else
            {
                SmearCode(images[page % images.Count], page);
            }
        }
    }

    private void SmearPool(int page)
    {
        var block = context.NonPagedPool.Allocate(BlockSize, PoolTag.Of(page % 4 == 0 ? "Proc" : "Thre"));
        context.Random.NextBytes(context.System.Span(block, BlockSize));
        if (page % 3 == 0)
        {
            context.NonPagedPool.Free(block);
        }
    }

    private void SmearCode(LabImage image, int page)
    {
        var last = (image.Size - 0x5000) / PhysicalRam.PageSize;
        var address = image.Base + FirstCodePage + (ulong)context.Random.Next((int)Math.Max(1, last - 3)) * PhysicalRam.PageSize;
        var entry = context.System.GetRawEntry(address, out var level);
        if (level == 0 && (entry & 1) != 0 && address - image.Base < image.Size - 0x5000)
        {
            context.System.SetRawEntry(address, page % 4 == 1 ? (entry & context.System.Paging.FrameMask) | Transition | ExecuteWrite : (ulong)(page + 1) << PageFileOffset | ExecuteWrite);
        }
    }
}
