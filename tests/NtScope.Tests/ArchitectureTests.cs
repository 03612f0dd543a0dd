using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace NtScope.Tests;

/// <summary>Holds the directions in which the parts of the project may know each other.</summary>
public sealed partial class ArchitectureTests
{
    private const string Core = "NtScope";
    private const int RegexTimeout = 10_000;

    /// <summary>The folders of the core and what each may use; the root is <c>""</c>. Front doors that join everything stand apart.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        [""] = ["", "Images", "Reports", "Symbols"],
        ["Images"] = ["", "Reports"],
        ["Symbols"] = ["", "Images"],
        ["Knowledge"] = ["", "Images", "Symbols"],
        ["Reports"] = ["", "Images"],
        ["Rendering"] = ["", "Reports"],
        ["Kernel"] = ["", "Images", "Symbols", "Knowledge", "Reports"],
        ["Syscalls"] = ["", "Images", "Symbols", "Knowledge", "Kernel", "Reports"],
        ["Desktops"] = ["", "Images", "Symbols", "Knowledge", "Kernel", "Reports"],
        ["Callbacks"] = ["", "Images", "Symbols", "Knowledge", "Kernel", "Reports"],
        ["Captures"] = ["", "Images", "Symbols", "Knowledge", "Kernel", "Reports"],
    };

    private static readonly string[] Analysers = ["Kernel", "Syscalls", "Desktops", "Callbacks"];

    public static TheoryData<string> Folders => [.. Allowed.Keys.Where(folder => FilesOf(folder).Any())];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_of_the_core_uses_only_what_it_may_see(string folder) => ViolationsOf(folder, FilesOf(folder)).ShouldBeEmpty();

    [Fact]
    public void Every_folder_of_the_core_has_its_place()
    {
        var known = Allowed.Keys.Concat(["Targets", "Debugging"]);

        Directory.GetDirectories(Path.Combine(Root, "src", Core)).Select(Path.GetFileName).Where(folder => !known.Contains(folder, StringComparer.Ordinal)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Rendering", "using NtScope.Images;\nnamespace NtScope.Rendering;", "Images")]
    [InlineData("Syscalls", "namespace NtScope.Syscalls; class A { NtScope.Captures.Capture c; }", "Captures")]
    [InlineData("Kernel", "using static NtScope.Targets.TargetOpener;\nnamespace NtScope.Kernel;", "Targets")]
    [InlineData("Kernel", "using X = NtScope.Syscalls.ServiceIndex;\nnamespace NtScope.Kernel;", "Syscalls")]
    [InlineData("Images", "namespace NtScope.Images; class A { Captures.Capture c; }", "Captures")]
    public void The_check_sees_a_forbidden_use(string folder, string source, string forbidden) =>
        ViolationsOf(folder, [("A.cs", source)]).ShouldHaveSingleItem().ShouldContain(forbidden);

    [Fact]
    public void A_namespace_is_its_folder()
    {
        var wrong =
            from file in Directory.GetFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
            let expected = Path.GetRelativePath(Path.Combine(Root, "src"), Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.')
            let match = Namespace().Match(File.ReadAllText(file))
            where match.Success && match.Groups["name"].Value != expected
            select $"{file}: {match.Groups["name"].Value}";

        wrong.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("NtScope", new string[0])]
    [InlineData("NtScope.Windows", new[] { "NtScope" })]
    [InlineData("NtScope.Lab", new[] { "NtScope" })]
    [InlineData("NtScope.Cli", new[] { "NtScope", "NtScope.Lab", "NtScope.Windows" })]
    public void A_project_refers_only_downwards(string project, string[] allowed)
    {
        var path = Path.Combine(Root, "src", project, project + ".csproj");
        Assert.SkipUnless(File.Exists(path), $"there is no {project}");

        XDocument.Load(path).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value))
            .Where(reference => !allowed.Contains(reference, StringComparer.Ordinal))
            .ShouldBeEmpty();
    }

    [Fact]
    public void The_core_calls_no_native_library()
    {
        NativeImportsOf(typeof(Target).Assembly.Location).ShouldBeEmpty();
    }

    [Fact]
    public void Analysers_do_not_print_and_open_no_file()
    {
        var printing =
            from folder in Analysers.Append("Rendering")
            from file in FilesOf(folder)
            from Match match in PrintsOrOpens().Matches(WithoutComments(file.Source))
            where folder != "Rendering" || match.Value.StartsWith("Console", StringComparison.Ordinal)
            select $"{file.Path}: {match.Value}";

        printing.ShouldBeEmpty();
    }

    private static string Root => Testing.Facts.ProjectRoot;

    private static IEnumerable<(string Path, string Source)> FilesOf(string folder)
    {
        var path = Path.Combine(Root, "src", Core, folder);
        return Directory.Exists(path)
            ? Directory.GetFiles(path, "*.cs", folder.Length == 0 ? SearchOption.TopDirectoryOnly : SearchOption.AllDirectories)
                .Select(file => (file, File.ReadAllText(file)))
            : [];
    }

    private static IEnumerable<string> ViolationsOf(string folder, IEnumerable<(string Path, string Source)> files) =>
        from file in files
        from used in UsesOf(WithoutComments(file.Source))
        where used != folder && !Allowed[folder].Contains(used, StringComparer.Ordinal)
        select $"{file.Path} uses {used}, which {(folder.Length == 0 ? "the root" : folder)} may not see";

    // A use is a namespace of the core, written from its root or, as C# allows inside the core, from its folder on.
    private static IEnumerable<string> UsesOf(string source)
    {
        var folders = Allowed.Keys.Where(name => name.Length > 0).Concat(["Targets", "Debugging"]).ToHashSet(StringComparer.Ordinal);
        return QualifiedName().Matches(Namespace().Replace(source, string.Empty))
            .Where(match => match.Groups["type"] is not { Success: true } type || TypesOf(match.Groups["folder"].Value).Contains(type.Value, StringComparer.Ordinal))
            .Select(match => match.Groups["folder"].Value)
            .Where(folders.Contains)
            .Distinct(StringComparer.Ordinal);
    }

    // One type a file: the names of the files are those of the types.
    private static IEnumerable<string> TypesOf(string folder) => FilesOf(folder).Select(file => Path.GetFileNameWithoutExtension(file.Path));

    private static string WithoutComments(string source) => Comment().Replace(source, string.Empty);

    private static List<string> NativeImportsOf(string assembly)
    {
        using var file = File.OpenRead(assembly);
        using var portable = new PEReader(file);
        var metadata = portable.GetMetadataReader();
        return
        [
            .. metadata.MethodDefinitions
                .Select(metadata.GetMethodDefinition)
                .Where(method => !method.GetImport().Module.IsNil)
                .Select(method => metadata.GetString(method.Name)),
        ];
    }

    [GeneratedRegex(@"^\s*namespace\s+(?<name>[\w.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, RegexTimeout)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"(?<![\w.])(?:global::)?(?:NtScope\.(?<folder>\w+)|(?<folder>[A-Z]\w+)(?:\.[A-Z]\w+)*?\.(?<type>[A-Z]\w+)\b)", RegexOptions.ExplicitCapture, RegexTimeout)]
    private static partial Regex QualifiedName();

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/", RegexOptions.Singleline, RegexTimeout)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\bConsole\.|\bFile\.(?:Open|Read|Write|Create)|\bnew FileStream\b|\bDirectory\.Get", RegexOptions.None, RegexTimeout)]
    private static partial Regex PrintsOrOpens();
}
