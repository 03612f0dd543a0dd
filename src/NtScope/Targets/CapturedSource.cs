using NtScope.Captures;
using NtScope.Symbols;

namespace NtScope.Targets;

/// <summary>The files under a captured target, closed together.</summary>
internal sealed class CapturedSource(Capture capture, ISymbolFile? symbols, IReadOnlyList<ISymbolFile> moduleSymbols) : IDisposable
{
    public void Dispose()
    {
        symbols?.Dispose();
        foreach (var file in moduleSymbols)
        {
            file.Dispose();
        }

        capture.Dispose();
    }
}
