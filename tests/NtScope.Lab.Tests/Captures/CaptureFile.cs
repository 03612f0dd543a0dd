using NtScope.Lab.Captures;
using NtScope.Lab.Machine;

namespace NtScope.Lab.Tests.Captures;

/// <summary>A capture in a temporary file, gone with the object.</summary>
internal sealed class CaptureFile : IDisposable
{
    public CaptureFile(MachineMemory machine, CaptureFormat format)
    {
        CaptureWriter.Write(machine, format, Path);
    }

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"ntscope-{Guid.NewGuid():N}.capture");

    public void Dispose() => File.Delete(Path);
}
