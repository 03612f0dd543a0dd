namespace NtScope.Captures;

/// <summary>The memory of a machine in this process; the offset of a byte is its physical address.</summary>
internal sealed class MachineMedium(IPhysicalMemory memory, string name) : CaptureMedium(name, (long)memory.Ranges[^1].End.Value)
{
    public override int Read(long offset, Span<byte> destination) => memory.Read(new PhysicalAddress((ulong)offset), destination, out _);
}
