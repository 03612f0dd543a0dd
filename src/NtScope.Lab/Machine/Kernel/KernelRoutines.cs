using NtScope.Symbols;

namespace NtScope.Lab.Machine.Kernel;

/// <summary>
/// Tells which of a kernel's symbols are routines. Symbols do not say it; but sections hold code or data, so a symbol between two routines that are known,
/// with nothing that is known to be data between them, is one too.
/// </summary>
internal static class KernelRoutines
{
    private const int LeastRoom = 16;
    private static readonly string[] DataPrefixes = ["??_C@", "_imp_", "__imp_", "__guard", "__security", "__real", "__xmm", "_xmm", "WPP_", "g_", "GUID_", "Trace", "ETW", "NtBuild", "Mmp"];

    /// <summary>The routines of a kernel whose symbols are known, without its services.</summary>
    public static IEnumerable<Symbol> Find(KernelImage kernel)
    {
        if (kernel.Known.Symbols is not { } symbols)
        {
            yield break;
        }

        var services = kernel.Services.Select(service => service.Rva).ToHashSet();
        var functions = KernelExports.Functions.ToHashSet(StringComparer.Ordinal);
        var variables = KernelExports.Variables.ToHashSet(StringComparer.Ordinal);
        var between = new List<Symbol>();
        var isCode = false;
        foreach (var symbol in symbols.All())
        {
            if (services.Contains(symbol.Rva) || functions.Contains(symbol.Name) || symbol.Name.StartsWith("Zw", StringComparison.Ordinal))
            {
                foreach (var routine in isCode ? between : [])
                {
                    yield return routine;
                }

                between.Clear();
                isCode = true;
            }
            else if (variables.Contains(symbol.Name) || Array.Exists(DataPrefixes, prefix => symbol.Name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                between.Clear();
                isCode = false;
            }
            else if (kernel.RoomAt(symbol.Rva) >= LeastRoom)
            {
                between.Add(symbol);
            }
        }
    }
}
