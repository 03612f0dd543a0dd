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
}
