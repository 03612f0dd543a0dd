using BenchmarkDotNet.Attributes;
using NtScope.Knowledge;
using NtScope.Rendering;
using NtScope.Syscalls;
using NtScope.Targets;

namespace NtScope.Benchmarks;

/// <summary>What the main job is made of: opening, reading stubs, joining, writing.</summary>
[MemoryDiagnoser]
public class SyscallBenchmarks
{
    /// <summary>Names the image.</summary>
    public const string ImageVariable = "NTSCOPE_BENCHMARK_IMAGE";

    private string _path = string.Empty;
    private Target? _image;
    private Target? _build;
    private Reports.Report<SyscallRow>? _report;

    [GlobalSetup]
    public void OpenTargets()
    {
        _path = Environment.GetEnvironmentVariable(ImageVariable)!;
        _image = TargetOpener.Open(_path, new TargetOptions());
        _build = TargetOpener.Open("10.0.18362.476", new TargetOptions());
        _report = SyscallAnalyser.Analyse(_build, KnowledgeBase.Embedded, new SyscallOptions());
    }

    [GlobalCleanup]
    public void CloseTargets()
    {
        _image?.Dispose();
        _build?.Dispose();
    }

    [Benchmark]
    public int OpenAnImage()
    {
        using var target = TargetOpener.Open(_path, new TargetOptions());
        return target.Modules.Count;
    }

    [Benchmark]
    public int ListAnImage() => SyscallAnalyser.Analyse(_image!, KnowledgeBase.Embedded, new SyscallOptions()).RowCount;

    [Benchmark]
    public int ListAKnownBuild() => SyscallAnalyser.Analyse(_build!, KnowledgeBase.Embedded, new SyscallOptions()).RowCount;

    [Benchmark]
    public void WriteAsTable() => new TextRenderer().Render(_report!, Stream.Null);

    [Benchmark]
    public void WriteAsJson() => new JsonRenderer().Render(_report!, Stream.Null);

    [Benchmark]
    public void WriteAsHtml() => new HtmlRenderer().Render(_report!, Stream.Null);
}
