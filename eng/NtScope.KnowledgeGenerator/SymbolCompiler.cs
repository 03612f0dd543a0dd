using NtScope.Knowledge.Storage;

namespace NtScope.KnowledgeGenerator;

/// <summary>Makes <c>symbols.bin</c>.</summary>
internal static class SymbolCompiler
{
    /// <summary>Compiles the symbols of kernels.</summary>
    public static byte[] Compile(IReadOnlyList<IsfKernel> kernels)
    {
        var names = new StringPoolBuilder().Add(kernels.SelectMany(kernel => kernel.Symbols.Keys));
        var sections = new byte[SymbolFile.SectionCount][];
        sections[SymbolFile.Names] = names.Build();
        var directory = new PackedWriter().Count(kernels.Count);
        var rvas = new PackedWriter();
        var numbers = new PackedWriter();
        foreach (var kernel in kernels)
        {
            directory.Bytes(kernel.Pdb.Guid.ToByteArray()).Number(kernel.Pdb.Age)
                .Count(kernel.Symbols.Count).Count(rvas.Length).Count(numbers.Length / sizeof(ushort));
            uint last = 0;
            foreach (var (name, rva) in kernel.Symbols.OrderBy(symbol => symbol.Value).ThenBy(symbol => names[symbol.Key]))
            {
                rvas.Number(rva - last);
                numbers.UInt16(names[name]);
                last = rva;
            }
        }

        sections[SymbolFile.Kernels] = directory.ToArray();
        sections[SymbolFile.Rvas] = rvas.ToArray();
        sections[SymbolFile.NameNumbers] = numbers.ToArray();
        return ResourceWriter.Write(sections);
    }
}
