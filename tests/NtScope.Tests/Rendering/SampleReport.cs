using NtScope.Reports;

namespace NtScope.Tests.Rendering;

/// <summary>Reports with every kind of cell.</summary>
internal static class SampleReport
{
    public static Report<SampleRow> Create(params SampleRow[] rows) =>
        new("ntscope.samples/1", new TargetSummary("sample.bin", "image", "x64", "10.0.18362.476", null), rows, ["One note."]);

    /// <summary>One full row, one empty one with a reason, one with rows inside.</summary>
    public static Report<SampleRow> Mixed() => Create(
        new SampleRow("NtCreateFile") { Index = 0x55, Address = new VirtualAddress(0xfffff80413e4a540), Entry = 0x020b9207, Special = true, Tags = ["a", "b"] },
        new SampleRow("NtUnreadable") { Index = 0x56, Findings = [new Finding("unreadable", "0x1000 is not mapped")] },
        new SampleRow("Parent") { Index = 2, Inner = [new InnerRow("child one", 7), new InnerRow("child two", 8)] });
}
