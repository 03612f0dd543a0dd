using System.Buffers.Binary;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Executive.Observation;

/// <summary>
/// The machine's RAM as one who looks at it sees it: the traps over the kernel's routines are left out, as a debugger leaves its breakpoints out.
/// </summary>
internal sealed class ObservedMemory(PhysicalRam ram, MemoryRegion kernel, TrapTable traps) : IPhysicalMemory
{
    /// <inheritdoc/>
    public IReadOnlyList<PhysicalRange> Ranges => ram.Ranges;

    /// <inheritdoc/>
    public int Read(PhysicalAddress address, Span<byte> destination, out ReadFault fault)
    {
        var read = ram.Read(address, destination, out fault);
        if (address.Value + (ulong)read > kernel.Physical.Value && address.Value < kernel.Physical.Value + kernel.Length)
        {
            LeaveOutTraps(address, destination[..read]);
        }

        return read;
    }

    private void LeaveOutTraps(PhysicalAddress address, Span<byte> bytes)
    {
        Span<byte> original = stackalloc byte[sizeof(ushort)];
        foreach (var (trap, value) in traps.Originals)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(original, value);
            var at = (long)(trap - kernel.Start.Value + kernel.Physical.Value) - (long)address.Value;
            for (var i = 0; i < original.Length; i++)
            {
                if (at + i >= 0 && at + i < bytes.Length)
                {
                    bytes[(int)at + i] = original[i];
                }
            }
        }
    }
}
