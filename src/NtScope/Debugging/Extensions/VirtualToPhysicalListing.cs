using System.Globalization;
using System.Text;
using NtScope.Debugging.Commands;
using NtScope.Reports;

namespace NtScope.Debugging.Extensions;

/// <summary>A translation as <c>!vtop</c> shows it: a line for each entry.</summary>
/// <param name="Translation">The entries and where the address lies.</param>
/// <param name="PointerSize">The size of a pointer on the target, in bytes.</param>
public sealed record VirtualToPhysicalListing(Translation Translation, int PointerSize) : ICommandResult
{
    private const ulong SmallPage = 0x1000;
    private const uint NotTranslated = 0xD0000147;

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<TranslationRow>([.. Translation.Steps.Select(step => new TranslationRow(step))]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        var prefix = PointerSize == sizeof(ulong) ? "Amd64VtoP:" : "X86VtoP:";
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{prefix} Virt {Wide(Translation.Address.Value)}, pagedir {Wide(Translation.DirectoryTable.Value)}\n");
        foreach (var step in Translation.Steps)
        {
            text.Append(CultureInfo.InvariantCulture, $"{prefix} {NameOf(step)} {Wide(step.EntryAddress.Value)}\n");
            if (step.Kind == PageEntryKind.NotCaptured)
            {
                text.Append(CultureInfo.InvariantCulture, $"{prefix} {NameOf(step)} is not in the capture\n");
            }
            else if (step.Kind == PageEntryKind.Empty)
            {
                text.Append(CultureInfo.InvariantCulture, $"{prefix} zero {NameOf(step)}\n");
            }
            else if (!step.IsValid)
            {
                text.Append(CultureInfo.InvariantCulture, $"{prefix} {NameOf(step)} not valid, {step.Kind}\n");
            }
        }

        if (Translation.Physical is { } physical)
        {
            text.Append(CultureInfo.InvariantCulture, $"{prefix} {(Translation.PageSize > SmallPage ? "Large page mapped" : "Mapped")} phys {Wide(physical.Value)}\n");
            text.Append(CultureInfo.InvariantCulture, $"Virtual address {Translation.Address.Value:x} translates to physical address {physical.Value:x}.\n");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"Virtual address {Translation.Address.Value:x} translation fails, error 0x{NotTranslated:X}.\n");
        }

        writer.Write(text.ToString());
    }

    private static string Wide(ulong value) => Hexadecimal.Wide(value);

    private static string NameOf(TranslationStep step) => step.IsPrototype ? "Prototype PTE" : step.Level switch
    {
        PageTableLevel.PageMap5 => "PML5E",
        PageTableLevel.PageMap4 => "PML4E",
        PageTableLevel.PageDirectoryPointer => "PDPE",
        PageTableLevel.PageDirectory => "PDE",
        _ => "PTE",
    };
}
