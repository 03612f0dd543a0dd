using NtScope.Images;
using NtScope.Syscalls;
using NtScope.Testing;
using NtScope.Testing.Images;

namespace NtScope.Tests.Syscalls;

public class StubReaderTests
{
    [Theory]
    [InlineData(ProcessorArchitecture.X64, "4C8BD1B8550000000F05C3", StubForm.Syscall, null)]
    [InlineData(ProcessorArchitecture.X64, "4C8BD1B855000000F604250803FE7F0175030F05C3CD2EC3", StubForm.TestedSyscall, null)]
    [InlineData(ProcessorArchitecture.X64, "4C8BD1B855000000F604250803FE7F0175030F05C3FF14250010FE7FC3", StubForm.TestedSyscall, null)]
    [InlineData(ProcessorArchitecture.X86, "B855000000BA0003FE7FFF12C22C00", StubForm.SharedDataCall, 44)]
    [InlineData(ProcessorArchitecture.X86, "B855000000BA0003FE7FFFD2C22C00", StubForm.SharedDataCall, 44)]
    [InlineData(ProcessorArchitecture.X86, "B8550000008D542404CD2EC22C00", StubForm.Interrupt, 44)]
    [InlineData(ProcessorArchitecture.X86, "B855000000E803000000C22C008BD40F34C3", StubForm.SystemEnter, 44)]
    [InlineData(ProcessorArchitecture.X86, "B855000000E801000000C38BD40F34C3", StubForm.SystemEnter, 0)]
    [InlineData(ProcessorArchitecture.X86, "B85500000033C98D54240464FF15C000000083C404C22C00", StubForm.Wow64Gate, 44)]
    [InlineData(ProcessorArchitecture.X86, "B855000000B9050000008D54240464FF15C000000083C404C22C00", StubForm.Wow64Gate, 44)]
    [InlineData(ProcessorArchitecture.X86, "B85500000064FF15C0000000C22C00", StubForm.Wow64Gate, 44)]
    [InlineData(ProcessorArchitecture.X86, "B855001A00BA70874B00FFD2C22C00", StubForm.Wow64Call, 44)]
    [InlineData(ProcessorArchitecture.X86, "B855000000E8000000005A807A144B750E64FF15C0000000C22C00", StubForm.Wow64Gate, 44)]
    [InlineData(ProcessorArchitecture.Arm64, "A10A00D4C0035FD6", StubForm.SupervisorCall, null)]
    public void Every_known_form_is_read(ProcessorArchitecture architecture, string code, StubForm form, int? stackBytes)
    {
        using var image = Module(architecture, ("NtCreateFile", code, true));
        var stub = StubReader.Read(image).ShouldHaveSingleItem();
        stub.Name.ShouldBe("NtCreateFile");
        stub.Index.ShouldBe(new ServiceIndex(0x55));
        stub.Form.ShouldBe(form);
        stub.StackBytes.ShouldBe(stackBytes);
        stub.HighWord.ShouldBe(form == StubForm.Wow64Call ? (ushort)0x1A : (ushort)0);
        stub.Findings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("E9FBEFFFFF050000000F05C3")]
    [InlineData("48B88877665544332211FFE0")]
    [InlineData("4C8BD1E900000010F604250803FE7F0175030F05C3")]
    [InlineData("4C8BD1B855000000F604250803FE7F01750390900F05C3")]
    [InlineData("CC8BD1B8550000000F05C3")]
    public void A_changed_stub_is_a_finding_with_its_bytes_and_the_number_its_neighbours_leave(string changed)
    {
        using var image = Module(
            ProcessorArchitecture.X64,
            ("NtBefore", "4C8BD1B8540000000F05C3", true),
            ("NtChanged", changed, true),
            ("NtBehind", "4C8BD1B8560000000F05C3", true));
        var stub = StubReader.Read(image).Single(stub => stub.Name == "NtChanged");
        stub.Form.ShouldBe(StubForm.Unknown);
        stub.Index.ShouldBe(new ServiceIndex(0x55));
        var finding = stub.Findings.ShouldHaveSingleItem();
        finding.Kind.ShouldBe("hooked-stub");
        finding.Detail.ShouldContain(changed[..Math.Min(16, changed.Length)]);
    }

    [Theory]
    [InlineData("NtQuerySystemTime", "E9FB0F0000", true)]
    [InlineData("NtQuerySystemTime", "488B042514 00FE7F48890133C0C3", true)]
    [InlineData("NtGetTickCount", "488DA42400000000488B05B90005008B00C3", true)]
    [InlineData("NtGetTickCount", "B92003FE7F488B098B04250400FE7F480FAFC148C1E818C3", false)]
    [InlineData("NtCurrentTeb", "65488B042530000000C3", false)]
    [InlineData("NtdllDefWindowProc_A", "FF25DAE40B00", false)]
    [InlineData("NtOrdinaryHelper", "4883EC28488B0148894424204883C428C3", false)]
    public void A_function_that_answers_in_user_mode_is_neither_a_stub_nor_changed(string name, string code, bool hasTwin)
    {
        using var image = Module(
            ProcessorArchitecture.X64,
            ("NtBefore", "4C8BD1B8540000000F05C3", true),
            (name, code.Replace(" ", string.Empty, StringComparison.Ordinal), hasTwin));
        StubReader.Read(image).ShouldHaveSingleItem().Name.ShouldBe("NtBefore");
    }

    [Theory]
    [InlineData("E900000010", true)]
    [InlineData("48B88877665544332211FFE0", false)]
    [InlineData("6888776655C3", false)]
    [InlineData("4C8BD1B855000000E900000010", true)]
    [InlineData("FF2500000000F000000001000000", false)]
    public void A_changed_stub_is_found_without_neighbours_too(string changed, bool hasTwin)
    {
        using var image = Module(ProcessorArchitecture.X64, ("NtBefore", "4C8BD1B8540000000F05C3", true), ("NtChanged", changed, hasTwin));
        var stub = StubReader.Read(image).Single(stub => stub.Name == "NtChanged");
        stub.Index.ShouldBeNull();
        stub.Findings.ShouldHaveSingleItem().Kind.ShouldBe("hooked-stub");
    }

    [Fact]
    public void Several_changed_stubs_side_by_side_keep_their_numbers()
    {
        using var image = Module(
            ProcessorArchitecture.X64,
            ("NtBefore", "4C8BD1B8540000000F05C3", true),
            ("NtFirst", "E900000010", true),
            ("NtSecond", "E900000010", true),
            ("NtBehind", "4C8BD1B8570000000F05C3", true));
        StubReader.Read(image).Select(stub => (stub.Name, stub.Index!.Value.Value)).ShouldBe(
            [("NtBefore", 0x54u), ("NtFirst", 0x55u), ("NtSecond", 0x56u), ("NtBehind", 0x57u)]);
    }

    [Fact]
    public void Names_that_lead_apart_are_a_finding()
    {
        var builder = new PeImageBuilder(ProcessorArchitecture.X64);
        var text = builder.AddSection(".text", [.. Convert.FromHexString("4C8BD1B8550000000F05C3"), .. new byte[5], .. new byte[0x20]], executable: true);
        using var image = builder.Export("NtCreateFile", text + 0x10).Export("ZwCreateFile", text).Open();
        var stub = StubReader.Read(image).ShouldHaveSingleItem();
        stub.Index.ShouldBe(new ServiceIndex(0x55));
        stub.Findings.ShouldHaveSingleItem().Kind.ShouldBe("export-redirected");
    }

    [Theory]
    [InlineData("10.0.18362.175-x64/ntdll.dll", 463, StubForm.TestedSyscall)]
    [InlineData("10.0.14393.447-x64/ntdll.dll", 449, StubForm.TestedSyscall)]
    [InlineData("10.0.19041.508-x64/ntdll.dll", 470, StubForm.TestedSyscall)]
    [InlineData("6.1.7601.17514-x64/ntdll.dll", 400, StubForm.Syscall)]
    [InlineData("5.1.2600.5512-x86/ntdll.dll", 284, StubForm.SharedDataCall)]
    [InlineData("10.0.18362.175-x64/win32u.dll", 1258, StubForm.TestedSyscall)]
    [InlineData("10.0.19041.508-x64/win32u.dll", 1316, StubForm.TestedSyscall)]
    public void All_stubs_of_real_modules_are_read_and_none_is_called_changed(string path, int count, StubForm form)
    {
        using var image = PeImage.FromBytes(Facts.CorpusImage(path), path);
        var stubs = StubReader.Read(image);
        stubs.Count.ShouldBe(count);
        stubs.ShouldAllBe(stub => stub.Form == form && stub.Findings.Count == 0);
        stubs.Select(stub => stub.Index!.Value.Value).Distinct().Count().ShouldBe(count);
    }

    [Theory]
    [InlineData("10.0.18362.175-x64/ntdll.dll", "x64/nt/18362.tsv")]
    [InlineData("10.0.18362.175-x64/win32u.dll", "x64/win32k/18362.tsv")]
    [InlineData("10.0.14393.447-x64/ntdll.dll", "x64/nt/14393.tsv")]
    [InlineData("5.1.2600.5512-x86/ntdll.dll", "x86/nt/2600-sp3.tsv")]
    [InlineData("10.0.19041.508-x64/win32u.dll", "x64/win32k/19041.tsv")]
    public void Names_and_numbers_of_real_stubs_are_the_published_ones(string path, string facts)
    {
        using var image = PeImage.FromBytes(Facts.CorpusImage(path), path);
        var published = File.ReadLines(Facts.PathOf("syscalls/" + facts)).Select(line => line.Split('\t')).Select(cells => (uint.Parse(cells[0]), cells[1])).ToHashSet();
        var wrong = StubReader.Read(image).Where(stub => !published.Contains((stub.Index!.Value.Value, stub.Name))).Select(stub => $"{stub.Index} {stub.Name}").ToList();
        wrong.ShouldBeEmpty();
    }

    /// <summary>Code at equal distances, with a function that other code may jump to behind it.</summary>
    private static PeImage Module(ProcessorArchitecture architecture, params (string Name, string Code, bool HasTwin)[] functions)
    {
        var builder = new PeImageBuilder(architecture) { ModuleName = "ntdll.dll" };
        var text = new byte[0x1100];
        for (var i = 0; i < functions.Length; i++)
        {
            Convert.FromHexString(functions[i].Code).CopyTo(text, i * 0x20);
        }

        var start = builder.AddSection(".text", text, executable: true);
        for (var i = 0; i < functions.Length; i++)
        {
            var rva = start + (uint)(i * 0x20);
            builder.Export(functions[i].Name, rva);
            if (functions[i].HasTwin)
            {
                builder.Export("Zw" + functions[i].Name[2..], rva);
            }
        }

        return builder.Export("RtlQuerySystemTime", start + 0x1020).Open("ntdll.dll");
    }
}
