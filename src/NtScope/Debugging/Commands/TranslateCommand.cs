using System.Globalization;
using System.Text;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary><c>!vtop</c> and <c>!pte</c>: how an address translates, level by level.</summary>
public sealed class TranslateCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["!vtop", "!pte"];

    /// <inheritdoc/>
    public string Usage => "!vtop [directory-table] address  or  !pte address";

    /// <inheritdoc/>
    public string Help =>
        "Shows the page-table entries that an address goes through, where each is in physical memory, what it holds, and where the address lies. "
        + "A directory table of 0, or none, is the one in context.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var spaces = session.Target.AddressSpaces ?? throw new DebuggerException("The target has no page tables: it is not a capture of physical memory");
        var first = arguments.TakeAddress();
        var table = session.DirectoryTable ?? spaces.SystemDirectoryTable;
        if (!arguments.AtEnd)
        {
            table = first.IsZero ? table : new PhysicalAddress(first.Value);
            first = arguments.TakeAddress();
        }

        arguments.RequireEnd();
        return new TranslationResult(spaces.Explain(table, first), session.PointerSize);
    }

    private sealed record TranslationResult(Translation Translation, int PointerSize) : ICommandResult
    {
        public IReportTable Table => new ReportTable<TranslationRow>([.. Translation.Steps.Select(step => new TranslationRow(step))]);

        public void Write(TextWriter writer, CancellationToken cancellation)
        {
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $"VA {Hexadecimal.Address(Translation.Address.Value, PointerSize)}, directory table {Translation.DirectoryTable.Value:x}\n");
            foreach (var step in Translation.Steps)
            {
                text.Append(CultureInfo.InvariantCulture, $"{NameOf(step),-10} at {step.EntryAddress.Value:x12}  ");
                text.Append(step.Kind == PageEntryKind.NotCaptured
                    ? "is not in the capture\n"
                    : string.Create(CultureInfo.InvariantCulture, $"contains {step.Entry:x16}  pfn {(step.Entry >> 12) & 0xf_ffff_ffff:x} {step.Flags} {step.Kind}\n"));
            }

            text.Append(Translation.Physical is { } physical
                ? string.Create(CultureInfo.InvariantCulture, $"Virtual address {Translation.Address.Value:x} translates to physical address {physical.Value:x}.\n")
                : $"Virtual address {Translation.Address.Value:x} does not translate: {Translation.Fault}.\n");
            writer.Write(text.ToString());
        }

        private static string NameOf(TranslationStep step) => step.IsPrototype ? "prototype" : step.Level switch
        {
            PageTableLevel.PageMap5 => "PML5",
            PageTableLevel.PageMap4 => "PXE",
            PageTableLevel.PageDirectoryPointer => "PPE",
            PageTableLevel.PageDirectory => "PDE",
            _ => "PTE",
        };
    }
}
