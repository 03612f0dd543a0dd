using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using NtScope.Benchmarks;

if (args is ["lab", var drivers])
{
    return LabThroughput.Run(drivers);
}

if (args is ["pool"])
{
    return PoolThroughput.Run();
}

if (args is ["debugger", .. var options])
{
    var debugger = ManualConfig.Create(DefaultConfig.Instance).AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
    BenchmarkRunner.Run<DebuggerBenchmarks>(debugger, options);
    return 0;
}

if (args.Length == 0)
{
    Console.Error.WriteLine("usage: NtScope.Benchmarks IMAGE [BenchmarkDotNet's options]: IMAGE holds system calls (ntdll.dll)");
    Console.Error.WriteLine("       NtScope.Benchmarks lab FOLDER: FOLDER holds the sample drivers (eng/build-drivers)");
    Console.Error.WriteLine("       NtScope.Benchmarks pool: the scan of memory for pool tags");
    Console.Error.WriteLine("       NtScope.Benchmarks debugger [BenchmarkDotNet's options]");
    return 2;
}

Environment.SetEnvironmentVariable(SyscallBenchmarks.ImageVariable, args[0]);
var job = Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance);
BenchmarkRunner.Run<SyscallBenchmarks>(ManualConfig.Create(DefaultConfig.Instance).AddJob(job), args[1..]);
return 0;
