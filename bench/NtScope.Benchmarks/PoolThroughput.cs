using System.Diagnostics;
using NtScope.Kernel.Pool;

namespace NtScope.Benchmarks;

/// <summary>How many bytes of physical memory one core scans for pool tags, in its own processor time: what else the machine does is left out.</summary>
internal static class PoolThroughput
{
    private const int Size = 256 << 20;
    private const int Passes = 8;
    private const int HeaderSpacing = 0x400;

    public static int Run()
    {
        var memory = new Memory();
        var tags = new[] { PoolTag.Process, PoolTag.Thread };
        var hits = 0;
        PoolScanner.Scan(memory, sizeof(ulong), tags, (_, _) => hits++);
        hits = 0;
        var before = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        for (var pass = 0; pass < Passes; pass++)
        {
            PoolScanner.Scan(memory, sizeof(ulong), tags, (_, _) => hits++);
        }

        var used = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        var gigabytes = (double)Size * Passes / 1e9;
        Console.WriteLine($"{gigabytes:f1} GB for two tags, {hits} hits: {gigabytes / used:f2} GB/s of processor time, {gigabytes / watch.Elapsed.TotalSeconds:f2} GB/s by the clock");
        return 0;
    }

    // Random bytes with a pool header every kibibyte, one of 64 tagged as a process.
    private sealed class Memory : IPhysicalMemory
    {
        private readonly byte[] _bytes = new byte[Size];

        public Memory()
        {
            new Random(1).NextBytes(_bytes);
            for (var at = 0; at < Size; at += HeaderSpacing)
            {
                BitConverter.TryWriteBytes(_bytes.AsSpan(at + 4), (at / HeaderSpacing % 64 == 0 ? PoolTag.Process : PoolTag.Parse("File")).Value);
            }
        }

        public IReadOnlyList<PhysicalRange> Ranges { get; } = [new PhysicalRange(new PhysicalAddress(0), Size)];

        public int Read(PhysicalAddress address, Span<byte> destination, out ReadFault fault)
        {
            _bytes.AsSpan((int)address.Value, destination.Length).CopyTo(destination);
            fault = default;
            return destination.Length;
        }
    }
}
