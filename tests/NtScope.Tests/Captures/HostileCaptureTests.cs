using NtScope.Captures;
using NtScope.Captures.Paging;
using NtScope.Targets;
using NtScope.Testing;
using NtScope.Testing.Captures;

namespace NtScope.Tests.Captures;

public sealed class HostileCaptureTests
{
    private static readonly PhysicalPages Memory = new PhysicalPages().WithPattern(0, 300);

    [Fact]
    public void Groups_of_a_VMware_state_that_share_their_tags_use_up_one_allowance()
    {
        var file = HostileCaptures.VMwareSharedTags(groups: 40, tags: 10_000);

        Should.Throw<InputException>(() => Capture.FromBytes(file, "shared.vmsn")).Message.ShouldContain($"go on past {Limits.SnapshotTags} tags");
    }

    [Fact]
    public void A_tag_whose_data_lie_far_behind_is_passed_over_without_reading_them()
    {
        using var capture = Capture.FromBytes(VMwareWriter.WriteInside(Memory, 0x1AD000), "inside.vmsn");

        capture.Header.Processors.ShouldHaveSingleItem();
        capture.Length.ShouldBe(300UL << 12);
    }

    [Fact]
    public void Note_segments_that_share_their_notes_use_up_one_allowance_and_say_so_once()
    {
        var file = HostileCaptures.ElfSharedNotes(segments: 2000, notes: 100_000);

        using var capture = Capture.FromBytes(file, "shared.elf");

        capture.Problems.ShouldHaveSingleItem().ShouldContain("registers may be missing");
        capture.Length.ShouldBe(0x1000UL);
    }

    [Fact]
    public void Runs_that_share_bytes_of_the_file_never_make_more_memory_than_it_has()
    {
        var file = HostileCaptures.ElfSharedRuns(runs: 60_000, bytes: 1 << 20);

        using var capture = Capture.FromBytes(file, "shared.elf");

        capture.Length.ShouldBeLessThanOrEqualTo((ulong)file.Length);
        capture.Problems.ShouldHaveSingleItem().ShouldContain("same bytes of the file at several addresses");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(32)]
    public void Bytes_behind_the_last_LiME_range_are_left_out_and_said(int trailing)
    {
        byte[] file = [.. PlainWriter.Lime(Memory), .. new byte[trailing]];

        using var capture = Capture.FromBytes(file, "trailing.lime");

        capture.Length.ShouldBe(300UL << 12);
        capture.Problems.ShouldHaveSingleItem().ShouldContain("no further range");
    }

    [Fact]
    public void A_torn_VMware_state_leaves_the_memory_readable_and_is_said()
    {
        using var folder = new TemporaryFolder();
        var (_, state) = VMwareWriter.Write(Memory, 0x1AD000);
        File.WriteAllBytes(folder.File("guest.vmem"), PlainWriter.Raw(Memory));
        File.WriteAllBytes(folder.File("guest.vmss"), state[..^20]);

        using var capture = Capture.Open(folder.File("guest.vmem"));

        capture.Format.ShouldBe(CaptureFormat.Raw);
        capture.Problems.ShouldHaveSingleItem().ShouldContain("guest.vmss");
    }

    [Fact]
    public void Of_two_VMware_states_the_newer_is_used_and_said()
    {
        using var folder = new TemporaryFolder();
        var (memory, state) = VMwareWriter.Write(Memory, 0x1AD000);
        File.WriteAllBytes(folder.File("guest.vmem"), memory);
        File.WriteAllBytes(folder.File("guest.vmss"), VMwareWriter.Write(Memory, 0x2000).State);
        File.WriteAllBytes(folder.File("guest.vmsn"), state);
        File.SetLastWriteTimeUtc(folder.File("guest.vmss"), new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        using var capture = Capture.Open(folder.File("guest.vmem"));

        capture.Header.Processors.ShouldHaveSingleItem().DirectoryTable.ShouldBe(new PhysicalAddress(0x1AD000));
        capture.Problems.ShouldHaveSingleItem().ShouldContain("guest.vmsn was used");
    }

    [Fact]
    public void A_root_of_PAE_tables_keeps_the_bits_that_lie_inside_a_page()
    {
        using var capture = Capture.FromBytes(ElfCoreWriter.Qemu(Memory, 0x3260, control4: 0x20), "pae.elf");

        var candidates = DirectoryTableFinder.Find(capture, null, TestContext.Current.CancellationToken).Take(2).ToList();

        candidates.Select(candidate => (candidate.Root.Value, candidate.Mode)).ShouldBe([(0x3000UL, PagingMode.FourLevel), (0x3260UL, PagingMode.Extended)]);
    }

    [Theory]
    [InlineData(0x20UL, PagingMode.Extended)]
    [InlineData(0x00UL, PagingMode.Legacy)]
    public void A_32_bit_core_is_walked_in_the_form_that_its_processors_CR4_says(ulong control4, PagingMode expected)
    {
        var file = ElfCoreWriter.Qemu(Memory, 0x3000, control4);
        file[18] = 3;
        using var capture = Capture.FromBytes(file, "x86.elf");

        DirectoryTableFinder.Find(capture, null, TestContext.Current.CancellationToken).Take(1).ShouldHaveSingleItem().Mode.ShouldBe(expected);
    }

    [Fact]
    public void An_empty_file_or_a_pipe_is_refused_before_it_is_opened()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("empty.dmp"), []);

        Should.Throw<InputException>(() => TargetOpener.Open(folder.File("empty.dmp"), new TargetOptions())).Message.ShouldContain("is empty or no regular file");
    }
}
