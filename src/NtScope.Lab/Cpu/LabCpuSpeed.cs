using System.Runtime.InteropServices;

namespace NtScope.Lab.Cpu;

/// <summary>How fast the CPU emulator is by itself: what the lab's own speed is to be seen beside.</summary>
public static class LabCpuSpeed
{
    private const ulong Code = 0xFFFF_F800_0000_0000;
    private const ulong PageSize = 0x1000;
    private const int Calls = 10_000;

    /// <summary>Starts the processor at a routine that does nothing but halt, again and again.</summary>
    /// <param name="time">How much processor time it takes.</param>
    /// <returns>Starts a second of processor time.</returns>
    /// <exception cref="CpuUnavailableException">The CPU emulator is not installed.</exception>
    public static unsafe double Measure(TimeSpan time)
    {
        using var cpu = new UnicornCpu();
        var page = (byte*)NativeMemory.AlignedAlloc((nuint)PageSize, (nuint)PageSize);
        try
        {
            new Span<byte>(page, (int)PageSize).Fill(0xF4);
            cpu.Map(Code, PageSize, (nint)page, MemoryAccess.Read | MemoryAccess.Execute);
            var start = Environment.CpuUsage.TotalTime;
            long done = 0;
            for (; Environment.CpuUsage.TotalTime - start < time; done += Calls)
            {
                for (var i = 0; i < Calls; i++)
                {
                    cpu.Run(Code);
                }
            }

            return done / (Environment.CpuUsage.TotalTime - start).TotalSeconds;
        }
        finally
        {
            NativeMemory.AlignedFree(page);
        }
    }
}
