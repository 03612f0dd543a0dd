using NtScope.KnowledgeGenerator;

if (args.Length != 2 || !Directory.Exists(args[0]))
{
    Console.Error.WriteLine("usage: NtScope.KnowledgeGenerator FACTS OUTPUT: compiles the folder of facts into the embedded knowledge files");
    return 2;
}

var facts = args[0];
var output = Directory.CreateDirectory(args[1]).FullName;
var kernels = IsfKernel.ReadAll(Path.Combine(facts, "kernels"));
Write("services.bin", ServiceCompiler.Compile(facts, kernels));
Write("prototypes.bin", PrototypeCompiler.Compile(Path.Combine(facts, "prototypes.json")));
Write("symbols.bin", SymbolCompiler.Compile(kernels));
Write("types.bin", TypeCompiler.Compile(kernels, PublishedLayouts.ReadAll(Path.Combine(facts, "layouts"), kernels)));
Write("desktops.bin", DesktopCompiler.Compile(Path.Combine(facts, "win32k-layouts.json"), Path.Combine(facts, "virtual-desktop-iids.json")));
return 0;

void Write(string name, byte[] content)
{
    File.WriteAllBytes(Path.Combine(output, name), content);
    Console.WriteLine($"{name} {content.Length:N0} bytes");
}
