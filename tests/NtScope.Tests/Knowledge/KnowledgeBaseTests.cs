using NtScope.Images;
using NtScope.Knowledge;

namespace NtScope.Tests.Knowledge;

/// <summary>What the embedded knowledge says, checked against the founding text's listing and public documentation; needs no facts.</summary>
public class KnowledgeBaseTests
{
    private static readonly KnowledgeBase Knowledge = KnowledgeBase.Embedded;
    private static readonly PdbIdentity FoundingKernel = new("ntkrnlmp.pdb", Guid.Parse("90F5E1C8-BBE1-FE1F-B8A7-14305EE06F36"), 1);

    [Fact]
    public void The_kernel_of_the_founding_text_is_found_by_identity_and_by_version()
    {
        var kernel = Knowledge.FindKernel(FoundingKernel).ShouldNotBeNull();

        kernel.Version.ToString().ShouldBe("10.0.18362.476");
        kernel.Architecture.ShouldBe(ProcessorArchitecture.X64);
        Knowledge.FindKernel(new FileVersion(10, 0, 18362, 476)).ShouldBeSameAs(kernel);
    }

    [Fact]
    public void The_founding_texts_entries_come_out_of_the_known_table()
    {
        // The listing's dwords are routine minus table, shifted left by 4, with the count of stack arguments in the low digit.
        var services = Knowledge.FindKernel(FoundingKernel)!.Services.ShouldNotBeNull();
        uint[] listed =
        [
            0xfced7204, 0xfcf77b00, 0x02b94a02, 0x04747400, 0x01cef300, 0xfda01f00, 0x01c06005, 0x01c3b506, 0x02218b05, 0x0289df01,
            0x028bd600, 0x01a98d00, 0x01e31b00, 0x01c2a200, 0x028b7200, 0x01cca500, 0x02229b01, 0x01bf9901, 0x0296d100, 0x01fea002,
        ];

        services.Count.ShouldBe(464);
        services.Take(listed.Length).Select(service => (service.Rva - services.TableRva) << 4).ShouldBe(listed.Select(entry => entry & ~0xFu));
        services[0].Name.ShouldBe("NtAccessCheck");
        services[1].Name.ShouldBe("NtWorkerFactoryWorkerReady");
        services[0x55].Name.ShouldBe("NtCreateFile");
        ((services[0x55].Rva - services.TableRva) << 4).ShouldBe(0x020b9200u);
        services[0x5A].Name.ShouldBe("NtQuerySystemTime");
        services.TryGetIndex("NtCreateFile", out var index).ShouldBeTrue();
        index.ShouldBe(0x55);
        services.TryGetIndex("NtNoSuchService", out _).ShouldBeFalse();
    }

    [Fact]
    public void Symbols_and_services_of_one_kernel_agree()
    {
        var kernel = Knowledge.FindKernel(FoundingKernel)!;
        var symbols = kernel.Symbols.ShouldNotBeNull();

        symbols.TryGetRva("KiServiceTable", out var table).ShouldBeTrue();
        table.ShouldBe(kernel.Services!.TableRva);
        foreach (var service in kernel.Services)
        {
            symbols.TryGetRva(service.Name, out var rva).ShouldBeTrue(service.Name);
            rva.ShouldBe(service.Rva, service.Name);
        }
    }

    [Fact]
    public void The_nearest_symbol_is_the_one_at_or_below()
    {
        var symbols = Knowledge.FindKernel(FoundingKernel)!.Symbols!;
        symbols.TryGetRva("NtCreateFile", out var rva).ShouldBeTrue();

        symbols.TryGetNearest(rva + 9, out var symbol).ShouldBeTrue();

        symbol.Name.ShouldBe("NtCreateFile");
        symbol.Rva.ShouldBe(rva);
        symbol.Source.ShouldBe(NameSource.Symbol);
        symbols.TryGetNearest(0, out var first).ShouldBe(first.Name is not null);
        symbols.TryGetRva("NoSuchSymbol", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("NtCreateFile")]
    [InlineData("ZwCreateFile")]
    public void A_prototype_is_found_under_both_prefixes(string name)
    {
        Knowledge.TryGetPrototype(name, out var prototype).ShouldBeTrue();

        prototype!.Name.ShouldBe(name);
        prototype.Returns.ShouldBe("NTSTATUS");
        prototype.Parameters.Count.ShouldBe(11);
        prototype.Parameters[0].Name.ShouldBe("FileHandle");
        prototype.Parameters[0].Type.ShouldBe("PHANDLE");
        prototype.Parameters[0].Sal.ShouldBe("_Out_");
        prototype.Header.ShouldBe("ntioapi.h");
    }

    [Fact]
    public void A_prototype_without_parameters_reads_as_C_writes_it()
    {
        Knowledge.TryGetPrototype("NtFlushProcessWriteBuffers", out var prototype).ShouldBeTrue();

        prototype!.ToString().ShouldBe("NTSTATUS NtFlushProcessWriteBuffers(VOID)");
        Knowledge.TryGetPrototype("NtNoSuchService", out _).ShouldBeFalse();
    }

    [Fact]
    public void Published_tables_are_found_by_label_and_by_the_build_that_shares_the_kernel()
    {
        var tables = Knowledge.PublishedTables;

        tables.Find(ProcessorArchitecture.X86, ServiceTableKind.Nt, "2600-sp3")!.Services.Count.ShouldBe(284);
        tables.ForBuild(ProcessorArchitecture.X86, ServiceTableKind.Nt, 2600)!.Label.ShouldBe("2600-sp3");
        tables.ForBuild(ProcessorArchitecture.X64, ServiceTableKind.Nt, 19045)!.Label.ShouldBe("19041");
        tables.ForBuild(ProcessorArchitecture.X86, ServiceTableKind.Nt, 19045)!.Label.ShouldBe("19045");
        tables.ForBuild(ProcessorArchitecture.X64, ServiceTableKind.Nt, 12345).ShouldBeNull();
        tables.ForBuild(ProcessorArchitecture.X64, ServiceTableKind.Win32k, 18362)!.Services[0].Index.ShouldBe(0x1000);
        tables.Find(ProcessorArchitecture.X64, ServiceTableKind.Ium, "19045")!.Services[0].Name.ShouldBe("IumAssignMemoryToSocDomain");
        tables.Find(ProcessorArchitecture.X64, ServiceTableKind.Nt, "7601")!.IndicesOf("NtCreateFile").ShouldBe([0x52]);
    }

    [Fact]
    public void Structures_of_a_kernel_with_symbols_are_its_own()
    {
        var types = Knowledge.FindKernel(FoundingKernel)!.Types;

        types.Origin.ShouldBe("symbols of 10.0.18362.476");
        types.PointerSize.ShouldBe(8);
        types.TryGetStructure("_EPROCESS", out var process).ShouldBeTrue();
        process!.TryGetField("UniqueProcessId", out var id).ShouldBeTrue();
        id!.Offset.ShouldBe(0x2E8u);
        process.TryGetField("ImageFileName", out var image).ShouldBeTrue();
        image!.Type.ToString().ShouldBe("unsigned char[15]");
        process.TryGetField("Pcb", out var control).ShouldBeTrue();
        control!.Type.Size.ShouldBe(0x2E0u);
        types.TryGetStructure("_MMPTE_HARDWARE", out var entry).ShouldBeTrue();
        entry!.TryGetField("PageFrameNumber", out var frame).ShouldBeTrue();
        (frame!.BitPosition, frame.BitLength).ShouldBe(((byte)12, (byte)36));
        types.TryGetEnumeration("_POOL_TYPE", out var pool).ShouldBeTrue();
        pool!.Constants.ShouldContain(KeyValuePair.Create("NonPagedPoolNx", 512L));
        types.TryGetStructure("_NO_SUCH", out _).ShouldBeFalse();
    }

    [Fact]
    public void Structures_of_another_kernel_are_the_nearest_and_say_so()
    {
        var kernel = Knowledge.Kernels.First(candidate => !candidate.HasSymbols && candidate.Version.Build == 19041);

        kernel.Symbols.ShouldBeNull();
        kernel.Types.Origin.ShouldContain("the nearest known to " + kernel.Version);
        kernel.Types.TryGetStructure("_EPROCESS", out _).ShouldBeTrue();
    }
}
