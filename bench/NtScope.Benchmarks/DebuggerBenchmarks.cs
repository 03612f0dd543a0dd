using BenchmarkDotNet.Attributes;
using NtScope.Debugging;
using NtScope.Targets;

namespace NtScope.Benchmarks;

/// <summary>What the debugger shell does again and again: names from addresses, addresses from names, all symbols by pattern.</summary>
[MemoryDiagnoser]
public class DebuggerBenchmarks : IDisposable
{
    private Target? _build;
    private DebuggerSession? _session;
    private VirtualAddress _inside;

    [GlobalSetup]
    public void Open()
    {
        _build = TargetOpener.Open("10.0.18362.476", new TargetOptions());
        _session = new DebuggerSession(_build);
        _inside = _session.Symbols.Find("nt!NtCreateFile")[0] + 0x15;
        _session.Symbols.Find("nt!ntcreatefile");
    }

    [GlobalCleanup]
    public void Close() => Dispose();

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public ulong NameOfAnAddress()
    {
        _session!.Symbols.TryGetNearest(_inside, out var place);
        return place.Displacement;
    }

    [Benchmark]
    public int AddressOfAName() => _session!.Symbols.Find("nt!NtCreateFile").Count;

    [Benchmark]
    public int AddressOfANameInAnotherCase() => _session!.Symbols.Find("nt!ntcreatefile").Count;

    [Benchmark]
    public int AddressOfANameThatIsMissing() => _session!.Symbols.Find("nt!NtNoSuchService").Count;

    [Benchmark]
    public void ListAllSymbols()
    {
        foreach (var result in _session!.Run("x nt!*", CancellationToken.None)) result.Write(TextWriter.Null, CancellationToken.None);
    }

    [Benchmark]
    public void OpenAndAskOnce()
    {
        using var target = TargetOpener.Open("10.0.18362.476", new TargetOptions());
        using var session = new DebuggerSession(target);
        foreach (var result in session.Run("? nt!KiServiceTable", CancellationToken.None)) result.Write(TextWriter.Null, CancellationToken.None);
    }

    protected virtual void Dispose(bool disposing)
    {
        _session?.Dispose();
        _build?.Dispose();
    }
}
