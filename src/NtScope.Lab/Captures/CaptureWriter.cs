using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Captures;

/// <summary>Saves a machine's memory. Pages that hold nothing are left out where the format has a way to, and are holes in the file elsewhere.</summary>
public static class CaptureWriter
{
    private const int PagesPerWrite = 256;

    /// <summary>Writes a capture to a file, over one that is there.</summary>
    /// <exception cref="IOException">The file could not be written.</exception>
    public static void Write(MachineMemory machine, CaptureFormat format, string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        machine.SetDebuggerBlockEncoded(format is CaptureFormat.Raw or CaptureFormat.Elf);
        switch (format)
        {
            case CaptureFormat.Raw:
                file.SetLength((long)machine.Ram.Ranges[^1].End.Value);
                WriteRanges(file, machine.Ram, range => (long)range.Start.Value);
                break;
            case CaptureFormat.Elf:
                ElfCoreWriter.Write(machine, file);
                break;
            default:
                CrashDumpWriter.Write(machine, format, file);
                break;
        }
    }

    /// <summary>Writes the pages in use of every range of RAM.</summary>
    /// <param name="file">The file, as long already as it will be.</param>
    /// <param name="ram">The memory.</param>
    /// <param name="offsetOf">Where the file holds the first byte of a range.</param>
    internal static void WriteRanges(FileStream file, PhysicalRam ram, Func<PhysicalRange, long> offsetOf)
    {
        foreach (var range in ram.Ranges)
        {
            var offset = offsetOf(range);
            for (var page = range.Start; page < range.End;)
            {
                var count = RunInUse(ram, page, range.End);
                if (count == 0)
                {
                    page += PhysicalRam.PageSize;
                    continue;
                }

                file.Position = offset + (long)(page - range.Start);
                file.Write(ram.Span(page, count * PhysicalRam.PageSize));
                page += (ulong)count * PhysicalRam.PageSize;
            }
        }
    }

    private static int RunInUse(PhysicalRam ram, PhysicalAddress start, PhysicalAddress end)
    {
        var count = 0;
        for (var page = start; count < PagesPerWrite && page < end && ram.IsInUse(page); page += PhysicalRam.PageSize)
        {
            count++;
        }

        return count;
    }
}
