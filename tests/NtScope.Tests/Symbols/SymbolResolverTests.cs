using NtScope.Images;
using NtScope.Symbols;
using NtScope.Symbols.Stores;
using NtScope.Testing.Symbols;

namespace NtScope.Tests.Symbols;

public sealed class SymbolResolverTests : IDisposable
{
    private static readonly PdbIdentity Wanted = new("ntkrnlmp.pdb", new Guid("90F5E1C8-BBE1-FE1F-B8A7-14305EE06F36"), 0x1a);
    private readonly string _folder = Directory.CreateTempSubdirectory("ntscope-symbols-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("ntkrnlmp.pdb", "")]
    [InlineData("symbols/pdb/NTKRNLMP.PDB", "")]
    [InlineData("ntkrnlmp.pdb/90F5E1C8BBE1FE1FB8A714305EE06F361A/ntkrnlmp.pdb", "srv*")]
    [InlineData("NTKRNLMP.PDB/90f5e1c8bbe1fe1fb8a714305ee06f361a/NtKrnlMp.pdb", "srv*")]
    [InlineData("ntkrnlmp.pdb/90F5E1C8BBE1FE1FB8A714305EE06F361A/ntkrnlmp.pdb", "")]
    [InlineData("nt/ntkrnlmp.pdb/90F5E1C8BBE1FE1FB8A714305EE06F361A/ntkrnlmp.pdb", "srv*")]
    public void Symbols_are_found_in_folders_and_stores_of_two_and_three_tiers(string place, string prefix)
    {
        if (place.StartsWith("nt/", StringComparison.Ordinal)) Write("index2.txt", []);
        Write(place, Pdb(Wanted));
        using var resolver = new SymbolResolver(SymbolPath.Parse(prefix + _folder));
        using var found = resolver.Find(Wanted, TestContext.Current.CancellationToken).File;
        found.ShouldNotBeNull().Symbols.TryGetRva("KiServiceTable", out _).ShouldBeTrue();
    }

    [Fact]
    public void Symbols_of_another_image_are_passed_over_and_said_so()
    {
        Write("ntkrnlmp.pdb", Pdb(Wanted with { Age = 1 }));
        using var resolver = new SymbolResolver(SymbolPath.Parse(_folder));
        var search = resolver.Find(Wanted, TestContext.Current.CancellationToken);
        search.File.ShouldBeNull();
        search.Attempts[0].Outcome.ShouldBe("is of another image: 90F5E1C8BBE1FE1FB8A714305EE06F361, not 90F5E1C8BBE1FE1FB8A714305EE06F361A");
    }

    [Fact]
    public void A_packed_PDB_in_a_store_is_unpacked_and_LZX_is_refused_with_what_to_do()
    {
        const string Place = "ntkrnlmp.pdb/90F5E1C8BBE1FE1FB8A714305EE06F361A/ntkrnlmp.pd_";
        Write(Place, CabinetBuilder.Pack(Pdb(Wanted, fillers: 9000)));
        using var resolver = new SymbolResolver(SymbolPath.Parse("srv*" + _folder));
        using (var found = resolver.Find(Wanted, TestContext.Current.CancellationToken).File)
        {
            found.ShouldNotBeNull().Symbols.Count.ShouldBe(9001);
        }

        var lzx = CabinetBuilder.Pack(Pdb(Wanted));
        lzx[CabinetBuilder.MethodOffset] = 3;
        Write(Place, lzx);
        var search = resolver.Find(Wanted, TestContext.Current.CancellationToken);
        search.File.ShouldBeNull();
        search.Attempts.Single().Outcome.ShouldContain("LZX");
        search.Attempts.Single().Outcome.ShouldContain("expand.exe");

        var damaged = CabinetBuilder.Pack(Pdb(Wanted));
        damaged.AsSpan(200, 100).Fill(0xaa);
        Write(Place, damaged);
        resolver.Find(Wanted, TestContext.Current.CancellationToken).Attempts.Single().Outcome.ShouldContain("damaged");
    }

    [Fact]
    public void A_packed_block_may_refer_back_into_the_one_before_it()
    {
        var repeated = Enumerable.Range(0, 32768).Select(i => (byte)(i * i / 7)).ToArray();
        byte[] file = [.. repeated, .. repeated, .. repeated.AsSpan(0, 3000)];
        Cabinet.UnpackOnly(new MemoryStream(CabinetBuilder.Pack(file)), "twice.pd_").ShouldBe(file);
    }

    [Fact]
    public void A_pointer_in_a_store_is_followed()
    {
        Write("elsewhere.pdb", Pdb(Wanted));
        Write("ntkrnlmp.pdb/90F5E1C8BBE1FE1FB8A714305EE06F361A/file.ptr", System.Text.Encoding.ASCII.GetBytes("PATH:" + Path.Combine(_folder, "elsewhere.pdb")));
        using var resolver = new SymbolResolver(SymbolPath.Parse("srv*" + _folder));
        using var found = resolver.Find(Wanted, TestContext.Current.CancellationToken).File;
        found.ShouldNotBeNull();
    }

    [Fact]
    public void What_a_later_store_has_is_kept_in_the_nearer_ones()
    {
        Write("far/ntkrnlmp.pdb/90F5E1C8BBE1FE1FB8A714305EE06F361A/ntkrnlmp.pdb", Pdb(Wanted));
        using var resolver = new SymbolResolver(SymbolPath.Parse($"cache*{_folder}/cache;srv*{_folder}/near*{_folder}/far"));
        resolver.Find(Wanted, TestContext.Current.CancellationToken).File.ShouldNotBeNull().Dispose();
        Directory.Delete(Path.Combine(_folder, "far"), recursive: true);
        foreach (var kept in (string[])["cache", "near"])
        {
            using var onlyThere = new SymbolResolver(SymbolPath.Parse($"srv*{_folder}/{kept}"));
            onlyThere.Find(Wanted, TestContext.Current.CancellationToken).File.ShouldNotBeNull().Dispose();
        }
    }

    [Fact]
    public void ISF_is_found_by_the_identity_in_its_name()
    {
        const string Isf = """{"metadata":{"windows":{"pdb":{"GUID":"90F5E1C8BBE1FE1FB8A714305EE06F36","age":26,"database":"ntkrnlmp.pdb"}}},"symbols":{"KiServiceTable":{"address":4096}}}""";
        Write("ntkrnlmp-10.0.18362.476-90F5E1C8BBE1FE1FB8A714305EE06F36-26.json", System.Text.Encoding.UTF8.GetBytes(Isf));
        using var resolver = new SymbolResolver(SymbolPath.Parse(_folder));
        using var found = resolver.Find(Wanted, TestContext.Current.CancellationToken).File;
        found.ShouldNotBeNull().Symbols.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("../escape.pdb")]
    [InlineData("..")]
    [InlineData("a\\b.pdb")]
    [InlineData("")]
    public void A_PDB_name_that_leaves_the_store_is_refused(string name)
    {
        using var resolver = new SymbolResolver(SymbolPath.Parse("srv*" + _folder));
        resolver.Find(Wanted with { FileName = name }, TestContext.Current.CancellationToken).Attempts.Single().Outcome.ShouldContain("no file name");
    }

    internal static byte[] Pdb(PdbIdentity identity, int fillers = 0)
    {
        var builder = new PdbBuilder(identity.Guid, identity.Age, ProcessorArchitecture.X64).Section(".text", 0x1000, 0x100000).Public("KiServiceTable", 0x2000);
        for (var i = 0; i < fillers; i++)
        {
            builder.Public("Filler" + i, (uint)(0x3000 + (i * 16)));
        }

        return builder.Build();
    }

    private void Write(string place, byte[] bytes)
    {
        var path = Path.Combine(_folder, place);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }
}
