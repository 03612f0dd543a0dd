using NtScope.Captures;
using NtScope.Symbols;

namespace NtScope.Targets;

/// <summary>The files under a captured target, closed together.</summary>
internal sealed class CapturedSource(Capture capture, ISymbolFile? symbols) : IDisposable
{
    public void Dispose()
    {
        symbols?.Dispose();
        capture.Dispose();
    }
}
