using FsCheck;
using FsCheck.Fluent;
using NtScope.Images;
using NtScope.Testing;
using NtScope.Testing.Images;

namespace NtScope.Tests.Images;

public class PeImageTests
{
    private static readonly PdbIdentity Pdb = new("kernel.pdb", Guid.Parse("90F5E1C8-BBE1-FE1F-B8A7-14305EE06F36"), 3);

    [Theory]
    [InlineData(ProcessorArchitecture.X86)]
    [InlineData(ProcessorArchitecture.X64)]
    [InlineData(ProcessorArchitecture.Arm64)]
    public void Everything_that_was_built_is_read_back_from_bytes_and_from_memory(ProcessorArchitecture architecture)
    {
        var builder = Sample(architecture, out var slots, out var delayed);
        using var file = builder.Open();
        var memory = new BufferMemory(new VirtualAddress(file.PreferredBase), builder.BuildMapped(), file.PointerSize);
        using var mapped = PeImage.FromMemory(memory, new VirtualAddress(file.PreferredBase), "mapped");
        foreach (var image in new[] { file, mapped })
        {
            image.Architecture.ShouldBe(architecture);
            image.TimeDateStamp.ShouldBe(0x12345678u);
            image.CheckSum.ShouldBe(0xABCDu);
            image.EntryPoint.ShouldBe(0x1010u);
            image.Sections[0].ShouldBe(new ImageSection(".text", 0x1000, 0x40, file.Sections[0].FileOffset, 0x200, 0x60000020));
            image.Sections[0].IsExecutable.ShouldBeTrue();
            image.Sections[1].IsExecutable.ShouldBeFalse();

            image.Exports.ModuleName.ShouldBe("kernel.exe");
            image.Exports.TryGetRva("ZwClose", out var rva).ShouldBeTrue();
            rva.ShouldBe(0x1020u);
            image.Exports.TryGetRva("RtlMove", out _).ShouldBeFalse();
            image.Exports.Functions.Single(function => function.Forwarder is not null).Forwarder.ShouldBe("NTDLL.RtlMoveMemory");
            image.Exports.Functions.Select(function => function.Ordinal).ShouldBe([1u, 2u, 3u]);

            image.Imports.Select(module => (module.Name, module.IsDelayLoaded)).ShouldBe([("win32kfull.sys", false), ("hal.dll", false), ("ext.sys", true)]);
            image.Imports[0].Functions.ShouldBe([new ImportedFunction("NtUserGetDC", null, slots[0]), new ImportedFunction("NtUserBeep", null, slots[1])]);
            image.Imports[2].Functions.ShouldBe([new ImportedFunction("ApiSetThing", null, delayed[0])]);

            image.Relocations.Rvas.ToArray().ShouldBe([0x2000u, 0x2008u, 0x3004u]);
            image.Relocations.Contains(0x2008).ShouldBeTrue();
            image.Relocations.Contains(0x2004).ShouldBeFalse();
            image.Relocations.IndexFrom(0x2001).ShouldBe(1);

            image.Pdb.ShouldBe(Pdb);
            image.Version!.FileVersion.ShouldBe(new FileVersion(10, 0, 18362, 476));
            image.Version.Strings["OriginalFilename"].ShouldBe("ntkrnlmp.exe");
            image.Version.Strings["Odd"].ShouldBe("x");
            image.LoadConfiguration!.SecurityCookieRva.ShouldBe(0x2010u);
            image.LoadConfiguration.GuardFlags.ShouldBe(0x500u);
            if (architecture != ProcessorArchitecture.X86)
            {
                image.RuntimeFunctions.Count.ShouldBe(2);
                image.RuntimeFunctions.Find(0x1015)!.Value.Begin.ShouldBe(0x1010u);
                image.RuntimeFunctions.Find(0x1024).ShouldBeNull();
                image.RuntimeFunctions.BeginsAt(0x1030).ShouldBeTrue();
            }

            image.TryReadUInt32(0x2000, out var value).ShouldBeTrue();
            value.ShouldBe(0x03020100u);
            image.Problems.ShouldBeEmpty();
        }
    }

    [Fact]
    public void A_file_and_a_stream_read_like_bytes()
    {
        var bytes = Sample(ProcessorArchitecture.X64, out _, out _).Build();
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, bytes);
            using var file = PeImage.FromFile(path);
            file.Exports.Functions.Count.ShouldBe(3);
            file.Pdb.ShouldBe(Pdb);
            using var stream = new MemoryStream(bytes);
            using var streamed = PeImage.FromStream(stream, "stream");
            streamed.Exports.Functions.Count.ShouldBe(3);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Bytes_behind_the_data_of_a_section_are_zero_and_gaps_are_faults()
    {
        using var image = new PeImageBuilder(ProcessorArchitecture.X64)
            .AddSectionAt(0x1000, ".text", [1, 2, 3], executable: true)
            .AddSectionAt(0x4000, ".data", [4], virtualSize: 0x1800)
            .Open();
        image.TryReadUInt32(0x5000, out var zero).ShouldBeTrue();
        zero.ShouldBe(0u);
        image.TryGetFileOffset(0x5000, out _).ShouldBeFalse();
        image.Read(0x1FFE, new byte[8], out var fault).ShouldBe(2);
        fault.ShouldBe(new ReadFault(ReadFaultKind.Unmapped, image.PreferredBase + 0x2000));
    }

    [Fact]
    public void An_image_with_a_small_alignment_lies_in_the_file_as_it_is_mapped()
    {
        using var image = new PeImageBuilder(ProcessorArchitecture.X86) { SectionAlignment = 0x80 }
            .AddSectionAt(0x1080, ".text", [1, 2, 3, 4], executable: true)
            .Open();
        image.TryReadUInt32(0x1080, out var value).ShouldBeTrue();
        value.ShouldBe(0x04030201u);
    }

    [Fact]
    public void A_page_that_is_gone_costs_only_the_names_that_lie_there()
    {
        var builder = new PeImageBuilder(ProcessorArchitecture.X64);
        builder.AddSection(".text", new byte[0x100], executable: true);
        for (var i = 0; i < 600; i++)
        {
            builder.Export($"Function{i:d4}", 0x1000);
        }

        var bytes = builder.BuildMapped();
        using var whole = builder.Open();
        var lastName = whole.Sections[1].Rva + whole.Sections[1].VirtualSize - 1;
        var memory = new BufferMemory(new VirtualAddress(0xFFFFF80000000000), bytes).Without(lastName);
        using var image = PeImage.FromMemory(memory, new VirtualAddress(0xFFFFF80000000000), "mapped");
        image.Exports.Functions.Count(function => function.Name is not null).ShouldBeInRange(1, 599);
        image.Problems.ShouldHaveSingleItem().Message.ShouldContain("export directory");
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("7F454C46", "MZ")]
    [InlineData("4D5A", "cut off")]
    public void Other_files_are_refused_with_a_reason(string hexadecimal, string reason)
    {
        var problem = Should.Throw<InputException>(() => PeImage.FromBytes(Convert.FromHexString(hexadecimal), "x.bin"));
        problem.Message.ShouldStartWith("x.bin");
        problem.Message.ShouldContain(reason);
    }

    [Fact]
    public void A_file_that_is_not_there_a_folder_and_a_cut_file_are_refused_with_a_reason()
    {
        Should.Throw<InputException>(() => PeImage.FromFile("/nowhere/at.all")).Message.ShouldContain("no such");
        Should.Throw<InputException>(() => PeImage.FromFile(Path.GetTempPath())).Message.ShouldContain("folder");
        var bytes = Sample(ProcessorArchitecture.X64, out _, out _).Build();
        Should.Throw<InputException>(() => PeImage.FromBytes(bytes.AsMemory(0, bytes.Length - 0x200), "cut.dll")).Message.ShouldContain("the file is cut off");
    }

    [Fact]
    public void Only_an_input_exception_leaves_the_reader_whatever_the_bytes()
    {
        var bytes = Sample(ProcessorArchitecture.X64, out _, out _).Build();
        var mutation = ArbMap.Default.GeneratorFor<(PositiveInt At, int Value)>().ArrayOf().Where(array => array.Length < 12);
        Prop.ForAll(mutation.ToArbitrary(), changes =>
        {
            var changed = (byte[])bytes.Clone();
            foreach (var (at, value) in changes)
            {
                BitConverter.TryWriteBytes(changed.AsSpan(at.Get * 4 % (changed.Length - 4)), value);
            }

            try
            {
                using var image = PeImage.FromBytes(changed, "mutated");
                _ = (image.Exports, image.Imports, image.Relocations, image.Pdb, image.Version, image.LoadConfiguration, image.RuntimeFunctions);
            }
            catch (InputException)
            {
                // This is the promise.
            }
        }).QuickCheckThrowOnFailure();
    }

    private static PeImageBuilder Sample(ProcessorArchitecture architecture, out uint[] slots, out uint[] delayed)
    {
        var builder = new PeImageBuilder(architecture)
        {
            ModuleName = "kernel.exe",
            TimeDateStamp = 0x12345678,
            CheckSum = 0xABCD,
            EntryPoint = 0x1010,
        };
        builder.AddSection(".text", new byte[0x40], executable: true);
        builder.AddSection(".data", [.. Enumerable.Range(0, 0x1100).Select(i => (byte)i)]);
        slots = builder.Import("win32kfull.sys", "NtUserGetDC", "NtUserBeep");
        builder.Import("hal.dll", "HalThing");
        delayed = builder.ImportDelayed("ext.sys", "ApiSetThing");
        return builder
            .Export("ZwClose", 0x1020)
            .Export("Base", 0x1000)
            .ExportForwarder("RtlMove", "NTDLL.RtlMoveMemory")
            .Relocate(0x2008).Relocate(0x2000).Relocate(0x3004)
            .WithPdb(Pdb)
            .WithVersion(new FileVersion(10, 0, 18362, 476), ("Odd", "x"), ("OriginalFilename", "ntkrnlmp.exe"))
            .WithFunction(0x1010, 0x1020).WithFunction(0x1030, 0x1038)
            .WithLoadConfiguration(0x2010, 0x500);
    }
}
