using System.Text;
using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class MiniFilterTests
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes("precious");

    [Fact]
    public void The_example_of_the_documentation_holds()
    {
        var bytes = Content;
        var path = SampleDrivers.PathOf("delprotect");
        using var machine = new LabMachine();
        var driver = machine.LoadDriver(path);
        machine.Files.Write(@"C:\keep\a.pdf", bytes);
        Assert.Equal(NtStatus.AccessDenied, machine.Files.Delete(@"C:\keep\a.pdf", by: machine.StartProcess(@"C:\Windows\cmd.exe")));
        Assert.Empty(driver.Unload().Findings);
    }

    [Fact]
    public void Each_way_to_delete_or_move_a_protected_file_is_denied_and_others_work()
    {
        using var machine = SampleDrivers.With("delprotect", out var driver);
        driver.Status.ShouldBe(NtStatus.Success);
        machine.Files.Write(@"C:\keep\a.pdf", Content).ShouldBe(NtStatus.Success);
        machine.Files.Write(@"C:\other\b.pdf", Content).ShouldBe(NtStatus.Success);
        machine.Files.Delete(@"C:\keep\a.pdf").ShouldBe(NtStatus.AccessDenied);
        machine.Files.DeleteEx(@"C:\keep\a.pdf").ShouldBe(NtStatus.AccessDenied);
        machine.Files.DeleteOnClose(@"C:\keep\a.pdf").ShouldBe(NtStatus.AccessDenied);
        machine.Files.Rename(@"C:\keep\a.pdf", @"C:\other\a.pdf").ShouldBe(NtStatus.AccessDenied);
        machine.Files.Read(@"C:\keep\a.pdf").Output.ShouldBe(Content);
        machine.Files.Rename(@"C:\other\b.pdf", @"C:\other\c.pdf").ShouldBe(NtStatus.Success);
        machine.Files.Delete(@"C:\other\c.pdf").ShouldBe(NtStatus.Success);
        machine.Files.Exists(@"C:\other\c.pdf").ShouldBeFalse();
        machine.DebugOutput.Count.ShouldBe(4);
        machine.DebugOutput[0].ShouldBe($@"delprotect: IRP_MJ_SET_INFORMATION of \Device\HarddiskVolume1\keep\a.pdf by process {machine.Client.Id} is not allowed");
        driver.Unload().Findings.ShouldBeEmpty();
        machine.Files.Delete(@"C:\keep\a.pdf").ShouldBe(NtStatus.Success);
    }

    [Fact]
    public void A_file_is_backed_up_before_it_is_written_or_deleted_and_the_client_is_told()
    {
        using var machine = SampleDrivers.With("backup", out var driver);
        driver.Status.ShouldBe(NtStatus.Success);
        machine.Files.CreateDirectory(@"C:\backup").ShouldBe(NtStatus.Success);
        var told = new List<string>();
        using (var port = machine.ConnectPort(@"\BackupPort", message =>
        {
            told.Add(Encoding.Unicode.GetString(message));
            return null;
        }))
        {
            port.ConnectStatus.ShouldBe(NtStatus.Success);
            var large = new byte[10_000];
            new Random(1).NextBytes(large);
            machine.Files.Write(@"C:\data\report.doc", large).ShouldBe(NtStatus.Success);
            machine.Files.Delete(@"C:\data\report.doc").ShouldBe(NtStatus.Success);
            machine.Files.Exists(@"C:\data\report.doc").ShouldBeFalse();
            machine.Files.Read(@"C:\backup\report.doc").Output.ShouldBe(large);
            told.ShouldBe([@"\Device\HarddiskVolume1\data\report.doc", @"\Device\HarddiskVolume1\data\report.doc"]);
            using var second = machine.ConnectPort(@"\BackupPort");
            second.ConnectStatus.ShouldBe(NtStatus.ConnectionCountLimit);
        }

        machine.DebugOutput.ShouldBeEmpty();
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_minifilter_of_higher_altitude_is_asked_first()
    {
        using var machine = new LabMachine();
        machine.Registry.CreateKey(@"HKLM\SYSTEM\CurrentControlSet\Services\backup\Instances\Main");
        machine.Registry.SetValue(@"HKLM\SYSTEM\CurrentControlSet\Services\backup\Instances\Main", "Altitude", "389999.5");
        machine.LoadDriver(SampleDrivers.PathOf("delprotect"));
        machine.LoadDriver(SampleDrivers.PathOf("backup"));
        machine.Files.CreateDirectory(@"C:\backup");
        machine.Files.Write(@"C:\data\x", Content);
        machine.Files.Delete(@"C:\data\x").ShouldBe(NtStatus.Success);
        machine.Files.Read(@"C:\backup\x").Output.ShouldBe(Content);
        machine.Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Without_a_driver_the_volume_behaves_as_NTFS_does()
    {
        using var machine = new LabMachine();
        machine.Files.Write(@"C:\a\b\c.txt", Content).ShouldBe(NtStatus.Success);
        machine.Files.Write(@"C:\a\b\c.txt:note", [1, 2]).ShouldBe(NtStatus.Success);
        machine.Files.Streams(@"C:\a\b\c.txt").ShouldBe(["note"]);
        machine.Files.Read(@"C:\a\b\c.txt:note").Output.ShouldBe([1, 2]);
        machine.Files.Read(@"C:\a\b\missing.txt").Status.ShouldBe(NtStatus.ObjectNameNotFound);
        machine.Files.Read(@"C:\nowhere\missing.txt").Status.ShouldBe(NtStatus.ObjectPathNotFound);
        machine.Files.Delete(@"C:\a").ShouldBe(NtStatus.DirectoryNotEmpty);
        machine.Files.Rename(@"C:\a", @"C:\a\b\x").ShouldBe(NtStatus.AccessDenied);
        machine.Files.Write(@"C:\a\b\d.txt", []).ShouldBe(NtStatus.Success);
        machine.Files.Rename(@"C:\a\b\c.txt", @"C:\a\b\d.txt").ShouldBe(NtStatus.ObjectNameCollision);
        machine.Files.Rename(@"C:\a\b\c.txt", @"C:\a\b\d.txt", replace: true).ShouldBe(NtStatus.Success);
        machine.Files.List(@"C:\a\b").ShouldBe(["d.txt"]);
        machine.Files.DeleteOnClose(@"C:\a\b\d.txt").ShouldBe(NtStatus.Success);
        machine.Files.List(@"C:\a\b").ShouldBeEmpty();
        Should.Throw<ArgumentException>(() => machine.Files.Delete(@"D:\x")).Message.ShouldContain("volume C:");
    }

    [Fact]
    public void A_minifilter_hides_files_from_listings()
    {
        using var machine = SampleDrivers.With("fsfilter", out var driver);
        foreach (var name in new[] { "a.txt", "hidden1.txt", "hidden2.txt", "z.txt" })
        {
            machine.Files.Write(@"C:\d\" + name, Content);
        }

        machine.Files.List(@"C:\d").ShouldBe(["a.txt", "z.txt"]);
        machine.Files.Exists(@"C:\d\hidden1.txt").ShouldBeTrue();
        driver.Unload().Findings.ShouldBeEmpty();
        machine.Files.List(@"C:\d").ShouldBe(["a.txt", "hidden1.txt", "hidden2.txt", "z.txt"]);
    }

    [Fact]
    public void A_minifilter_lets_a_worker_decide_about_a_create()
    {
        using var machine = SampleDrivers.With("fsfilter", out var driver);
        machine.Files.Write(@"C:\asked\granted.txt", Content).ShouldBe(NtStatus.Success);
        machine.Files.Write(@"C:\asked\denied.txt", Content).ShouldBe(NtStatus.AccessDenied);
        machine.Files.Exists(@"C:\asked\denied.txt").ShouldBeFalse();
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_minifilter_sees_sections_and_paging_and_keeps_contexts()
    {
        using var machine = SampleDrivers.With("fsfilter", out var driver);
        var mapper = machine.LoadDriver(SampleDrivers.PathOf("routines"));
        using (var device = machine.OpenDevice(@"\\.\Routines"))
        {
            device.Control(0x80000000 | (0xB00u + 6) << 2, outputLength: 4).Output.ShouldBe([0, 0, 0, 0]);
        }

        mapper.Unload().Findings.ShouldBeEmpty();
        machine.Files.Delete(@"C:\mapped.bin").ShouldBe(NtStatus.Success);
        driver.Unload().Findings.ShouldBeEmpty();
        machine.DebugOutput.ShouldBe(
        [
            @"fsfilter: write 1 to \mapped.bin", @"fsfilter: write 2 to \mapped.bin",
            "fsfilter: 1 paging reads, 1 paging writes, 1 sections, 1 contexts cleaned, 1 set up, 1 torn down",
        ]);
    }
}
