using System.Text.Json;
using NtScope.Testing;

namespace NtScope.Cli.Tests;

public sealed class CorpusTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ntscope-corpus-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("10.0.18362.175-x64", "ntdll.dll", 463)]
    [InlineData("10.0.18362.175-x64", "win32u.dll", 1258)]
    [InlineData("10.0.18362.175-x64", "win32k.sys", 1258)]
    [InlineData("10.0.14393.447-x64", "win32k.sys", 1138)]
    [InlineData("10.0.19041.508-x64", "win32k.sys", 1316)]
    [InlineData("6.1.7601.17514-x64", "ntdll.dll", 400)]
    [InlineData("6.1.7601.17514-x64", "win32k.sys", 827)]
    [InlineData("5.1.2600.5512-x86", "ntoskrnl.exe", 284)]
    public void A_real_image_lists_all_its_services_whatever_it_is_called(string version, string file, int count)
    {
        var path = Unpack(version, file, "renamed.bin");

        using var document = JsonDocument.Parse(NtScopeProcess.Run("syscalls", path, "--format", "json").Succeeded());

        document.RootElement.GetProperty("rows").GetArrayLength().ShouldBe(count);
    }

    [Fact]
    public void A_folder_is_joined_into_one_table()
    {
        foreach (var file in new[] { "ntdll.dll", "win32u.dll", "win32k.sys" })
        {
            Unpack("10.0.18362.175-x64", file, file);
        }

        using var document = JsonDocument.Parse(NtScopeProcess.Run("syscalls", _folder.FullName, "--format", "json").Succeeded());
        var rows = document.RootElement.GetProperty("rows").EnumerateArray().ToArray();

        rows.Length.ShouldBe(464 + 1258);
        rows.Select(row => row.GetProperty("index").GetInt32()).ShouldBeInOrder();
        rows.Single(row => row.GetProperty("index").GetInt32() == 0x5a).GetProperty("name").GetString().ShouldBe("NtQuerySystemTime");
    }

    [Fact]
    public void What_an_image_is_reads_well() =>
        Snapshot.ShouldMatch(
            NtScopeProcess.Run("info", Unpack("10.0.18362.175-x64", "win32u.dll", "win32u.dll"), "--columns", "name,value").Succeeded(),
            "info-win32u.txt");

    private string Unpack(string version, string file, string name)
    {
        var bytes = Facts.CorpusImage($"{version}/{file}");
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
