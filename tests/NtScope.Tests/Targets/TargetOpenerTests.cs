using NtScope.Targets;
using NtScope.Testing.Images;

namespace NtScope.Tests.Targets;

public sealed class TargetOpenerTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ntscope-targets-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_file_version_opens_the_kernel_of_the_founding_text()
    {
        using var target = TargetOpener.Open("10.0.18362.476", new TargetOptions());

        target.Kind.ShouldBe(TargetKind.KnownBuild);
        target.Summary.Version.ShouldBe("10.0.18362.476");
        target.Summary.Architecture.ShouldBe("x64");
        target.Summary.Pdb.ShouldNotBeNull().ShouldEndWith("90F5E1C8BBE1FE1FB8A714305EE06F361");
        target.Modules.ShouldHaveSingleItem().Symbols.ShouldNotBeNull().TryGetRva("KiServiceTable", out _).ShouldBeTrue();
    }

    [Fact]
    public void The_identity_of_its_symbols_opens_the_same_kernel()
    {
        using var target = TargetOpener.Open("90F5E1C8BBE1FE1FB8A714305EE06F361", new TargetOptions());

        target.Summary.Version.ShouldBe("10.0.18362.476");
    }

    [Theory]
    [InlineData("2600", "x86", "5.1.2600.0")]
    [InlineData("3790-x64", "x64", "5.2.3790.0")]
    [InlineData("10.0.22621-arm64", "arm64", "10.0.22621.0")]
    [InlineData("7601-x86", "x86", "6.1.7601.0")]
    [InlineData("19041", "x64", "10.0.19041.0")]
    public void A_build_number_opens_what_is_published_of_it(string name, string architecture, string version)
    {
        using var target = TargetOpener.Open(name, new TargetOptions());

        target.Summary.Architecture.ShouldBe(architecture);
        target.Summary.Version.ShouldBe(version);
        target.Summary.Pdb.ShouldBeNull();
    }

    [Fact]
    public void An_unknown_build_is_refused_with_the_nearest_known_ones()
    {
        var refusal = Should.Throw<InputException>(() => TargetOpener.Open("10.0.12345.6", new TargetOptions()));

        refusal.Message.ShouldStartWith("10.0.12345.6: no such build is known; the nearest are 10.0.");
    }

    [Fact]
    public void A_name_that_is_nothing_is_refused()
    {
        var refusal = Should.Throw<InputException>(() => TargetOpener.Open("no-such-thing", new TargetOptions()));

        refusal.Message.ShouldBe("no-such-thing: there is no such file, folder or known build");
    }

    [Fact]
    public void A_kernel_under_another_name_is_still_the_kernel()
    {
        var path = Write("renamed.bin", Image(ProcessorArchitecture.X64, "ntkrnlmp.exe").Export("PsInitialSystemProcess", 0x1000));

        using var target = TargetOpener.Open(path, new TargetOptions());

        target.Modules.ShouldHaveSingleItem().Name.ShouldBe("nt");
        target.Summary.Name.ShouldBe("renamed.bin");
    }

    [Fact]
    public void A_module_has_the_name_that_its_exports_give_it()
    {
        var path = Write("copy of ntdll (2).dll", Image(ProcessorArchitecture.X86, "ntdll.dll").Export("NtClose", 0x1000));

        using var target = TargetOpener.Open(path, new TargetOptions());

        target.Modules.ShouldHaveSingleItem().Name.ShouldBe("ntdll");
    }

    [Fact]
    public void A_folder_gives_its_kernel_first_and_leaves_out_what_does_not_fit()
    {
        Write("a.dll", Image(ProcessorArchitecture.X64, "a.dll").Export("A", 0x1000));
        Write("foreign.dll", Image(ProcessorArchitecture.X86, "foreign.dll").Export("F", 0x1000));
        Write("kernel.exe", Image(ProcessorArchitecture.X64, "ntoskrnl.exe").Export("PsInitialSystemProcess", 0x1000));
        File.WriteAllText(Path.Combine(_folder.FullName, "readme.txt"), "no image");
        File.WriteAllBytes(Path.Combine(_folder.FullName, "torn.dll"), "MZ and no more"u8);

        using var target = TargetOpener.Open(_folder.FullName, new TargetOptions());

        target.Kind.ShouldBe(TargetKind.Folder);
        target.Modules.Select(module => module.Name).ShouldBe(["nt", "a"]);
        target.Notes.Count.ShouldBe(2);
        target.Notes[0].ShouldContain("torn.dll");
        target.Notes[1].ShouldContain("foreign.dll");
    }

    [Fact]
    public void A_folder_without_images_is_refused()
    {
        Should.Throw<InputException>(() => TargetOpener.Open(_folder.FullName, new TargetOptions())).Message.ShouldEndWith("there is no image in this folder");
    }

    [Fact]
    public void Two_hundred_images_are_read_and_counted()
    {
        for (var i = 0; i < 200; i++)
        {
            Write($"m{i:000}.dll", Image(ProcessorArchitecture.X64, $"m{i:000}.dll").Export("F", 0x1000));
        }

        var progress = new CountingProgress();
        using var target = TargetOpener.Open(_folder.FullName, new TargetOptions { Progress = progress });

        target.Modules.Count.ShouldBe(200);
        target.Modules.Select(module => module.Name).ShouldBeInOrder();
        progress.Highest.ShouldBe(200);
    }

    [Fact]
    public void Opening_a_folder_can_be_cancelled()
    {
        Write("a.dll", Image(ProcessorArchitecture.X64, "a.dll").Export("F", 0x1000));

        Should.Throw<OperationCanceledException>(() =>
            TargetOpener.Open(_folder.FullName, new TargetOptions { Cancellation = new CancellationToken(canceled: true) }));
    }

    [Fact]
    public void Several_files_become_one_target_and_each_must_be_readable()
    {
        var good = Write("good.dll", Image(ProcessorArchitecture.X64, "good.dll").Export("F", 0x1000));
        var torn = Path.Combine(_folder.FullName, "torn.dll");
        File.WriteAllBytes(torn, "MZ"u8);

        Should.Throw<InputException>(() => TargetOpener.Open([good, torn], new TargetOptions())).Message.ShouldContain("torn.dll");
    }

    private static PeImageBuilder Image(ProcessorArchitecture architecture, string moduleName)
    {
        var image = new PeImageBuilder(architecture) { ModuleName = moduleName };
        image.AddSectionAt(0x1000, ".text", new byte[0x100], executable: true);
        return image;
    }

    private string Write(string name, PeImageBuilder image)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, image.Build());
        return path;
    }

    private sealed class CountingProgress : IProgress<Progress>
    {
        private long _highest;

        public long Highest => Interlocked.Read(ref _highest);

        public void Report(Progress value)
        {
            lock (this)
            {
                _highest = Math.Max(_highest, value.Done);
            }
        }
    }
}
