using NtScope.Knowledge;
using NtScope.Reports;
using NtScope.Syscalls;

namespace NtScope.Tests.Syscalls;

public class SyscallDiffTests
{
    [Fact]
    public void Added_removed_moved_and_changed_services_are_told_apart()
    {
        var before = Report(("NtKept", 0, 1), ("NtMoved", 1, 2), ("NtRemoved", 2, 0), ("NtChanged", 3, 4));
        var after = Report(("NtKept", 0, 1), ("NtAdded", 1, 0), ("NtMoved", 2, 3), ("NtChanged", 3, 5));
        var report = SyscallDiff.Compare(before, after);
        report.Schema.ShouldBe("ntscope.syscalls-diff/1");
        report.Rows.Select(row => (row.Name, string.Join('+', row.Changes))).ShouldBe(
            [("NtAdded", "added"), ("NtRemoved", "removed"), ("NtMoved", "moved+arguments"), ("NtChanged", "arguments")], ignoreOrder: true);
        var moved = report.Rows.Single(row => row.Name == "NtMoved");
        (moved.IndexBefore!.Value.Value, moved.IndexAfter!.Value.Value, moved.StackArgumentsBefore, moved.StackArgumentsAfter).ShouldBe((1u, 2u, 2, 3));
    }

    [Fact]
    public void A_table_that_only_one_holds_is_left_out_with_a_note()
    {
        var report = SyscallDiff.Compare(Report(("NtA", 0, 0)), Report(("NtA", 0, 0), ("NtUserA", 0x1000, 0)));
        report.Rows.ShouldBeEmpty();
        report.Notes.ShouldContain(note => note.Contains("win32k", StringComparison.Ordinal));
    }

    [Fact]
    public void A_service_is_found_by_revision_where_kernels_of_one_build_differ()
    {
        ServiceQuery.TryParse("NtSuspendThread@19041", out var query).ShouldBeTrue();
        var rows = ServiceFinder.Find(query, KnowledgeBase.Embedded).Rows.Where(row => row.Architecture == ProcessorArchitecture.X64).ToList();
        rows.Select(row => row.Index.Value).ShouldBe([0x1BCu, 0x1BDu, 0x1BEu]);
        rows.Sum(row => row.Kernels).ShouldBe(KnowledgeBase.Embedded.Kernels.Count(kernel => kernel.HasServices && kernel.Version.Build == 19041));
    }

    [Theory]
    [InlineData("0x55@18362", "NtCreateFile")]
    [InlineData("55h@18362", "NtCreateFile")]
    [InlineData("85@18362", "NtCreateFile")]
    [InlineData("ZwCreateFile@18362", "NtCreateFile")]
    [InlineData("ntcreatefile@18362", "NtCreateFile")]
    public void A_number_is_answered_with_its_name_and_a_name_in_any_spelling(string text, string name)
    {
        ServiceQuery.TryParse(text, out var query).ShouldBeTrue();
        var row = ServiceFinder.Find(query, KnowledgeBase.Embedded).Rows.First(row => row.Architecture == ProcessorArchitecture.X64);
        (row.Name, row.Index.Value).ShouldBe((name, 0x55u));
    }

    [Fact]
    public void An_unknown_service_is_refused_with_similar_names()
    {
        ServiceQuery.TryParse("NtCreatePro", out var query).ShouldBeTrue();
        Should.Throw<InputException>(() => ServiceFinder.Find(query, KnowledgeBase.Embedded)).Message.ShouldContain("NtCreateProcess");
        ServiceQuery.TryParse("Nt Create", out _).ShouldBeFalse();
        ServiceQuery.TryParse("NtClose@x", out _).ShouldBeFalse();
    }

    private static Report<SyscallRow> Report(params (string Name, uint Index, int Arguments)[] services) => new(
        SyscallRow.Schema,
        new TargetSummary("test", "image", "x64", null, null),
        [.. services.Select(service => new SyscallRow { Index = new ServiceIndex(service.Index), Name = service.Name, StackArguments = service.Arguments })],
        []);
}
