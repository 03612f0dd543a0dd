using NtScope.Lab.Machine.Images;

namespace NtScope.Lab.Machine.Kernel;

/// <summary>
/// Divides the kernel's image into sections. The real borders are not known; each page takes the kind of what is known to lie in it, else that of
/// the page before it.
/// </summary>
internal static class KernelSections
{
    private const uint PageSize = 0x1000;
    private const int MostSections = 30;
    private static readonly string[] CodeNames = [".text", "PAGE", "PAGELK", "PAGEKD", "PAGEVRFY", "INIT"];

    /// <summary>The sections, ascending, without gaps, from the first page behind the headers to the image's end.</summary>
    /// <param name="image">The image.</param>
    /// <param name="variables">The RVAs of variables that are written while the system runs.</param>
    public static IReadOnlyList<ImageSectionPlan> Divide(KernelImage image, IEnumerable<uint> variables)
    {
        var pages = (int)(image.TailRva / PageSize);
        var kinds = new uint[pages];
        foreach (var variable in variables.Where(variable => variable < image.TailRva))
        {
            kinds[variable / PageSize] = ImageSectionPlan.Variables;
        }

        for (var rva = image.Services.TableRva; rva < image.Services.ArgumentTableRva + image.Services.Count; rva += PageSize)
        {
            kinds[rva / PageSize] = ImageSectionPlan.Constants;
        }

        foreach (var service in image.Services)
        {
            kinds[service.Rva / PageSize] = ImageSectionPlan.Code;
        }

        kinds[image.IdentityRva / PageSize] = ImageSectionPlan.Constants;
        for (var distance = PageSize; ; distance *= 2)
        {
            var sections = Merge(image, kinds, distance);
            if (sections.Count <= MostSections)
            {
                return sections;
            }
        }
    }

    // Pages of unknown kind go with the known page before them; a short run between two of one kind joins them if nothing writes to it.
    private static List<ImageSectionPlan> Merge(KernelImage image, uint[] kinds, uint shortest)
    {
        var runs = new List<(uint Start, uint Kind)>();
        for (var page = 1; page < kinds.Length; page++)
        {
            var kind = kinds[page] != 0 ? kinds[page] : runs.Count > 0 ? runs[^1].Kind : ImageSectionPlan.Code;
            if (runs.Count == 0 || runs[^1].Kind != kind)
            {
                runs.Add(((uint)page * PageSize, kind));
            }
        }

        for (var index = runs.Count - 2; index > 0; index--)
        {
            var length = runs[index + 1].Start - runs[index].Start;
            if (length < shortest && runs[index].Kind != ImageSectionPlan.Code)
            {
                runs[index] = (runs[index].Start, runs[index - 1].Kind | (runs[index].Kind & 0x8000_0000));
            }
        }

        var sections = new List<ImageSectionPlan>();
        var code = 0;
        for (var index = 0; index < runs.Count; index++)
        {
            var end = index + 1 < runs.Count ? runs[index + 1].Start : image.TailRva;
            if (sections.Count > 0 && sections[^1].Characteristics == runs[index].Kind)
            {
                sections[^1] = sections[^1] with { Size = end - sections[^1].Rva };
            }
            else
            {
                sections.Add(new ImageSectionPlan(NameOf(runs[index].Kind, ref code), runs[index].Start, end - runs[index].Start, runs[index].Kind));
            }
        }

        sections.Add(new ImageSectionPlan(".data", image.TailRva, image.TablesRva - image.TailRva, ImageSectionPlan.Variables));
        sections.Add(new ImageSectionPlan(".rsrc", image.TablesRva, image.RelocationsRva - image.TablesRva, ImageSectionPlan.Constants));
        sections.Add(new ImageSectionPlan(".reloc", image.RelocationsRva, image.Size - image.RelocationsRva, ImageSectionPlan.Discardable));
        return sections;
    }

    private static string NameOf(uint kind, ref int code) => (kind & ImageSectionPlan.Code & 0x2000_0000) != 0
        ? CodeNames[Math.Min(code++, CodeNames.Length - 1)]
        : kind == ImageSectionPlan.Constants ? ".rdata" : ".data";
}
