using System.Runtime.Versioning;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Processes;

/// <summary>The memory of a running process. It may change between two reads.</summary>
/// <param name="process">A handle that may read its memory; the caller's to close.</param>
/// <param name="pointerSize">The size of a pointer in the process, in bytes.</param>
[SupportedOSPlatform("windows")]
internal sealed unsafe class LiveProcessMemory(KernelHandle process, int pointerSize) : IMemory
{
    private const uint PageSize = 0x1000;

    public int PointerSize => pointerSize;

    // Windows reads all or nothing, or stops somewhere: page by page the readable run is found whole.
    public int Read(VirtualAddress address, Span<byte> destination, out ReadFault fault)
    {
        fault = default;
        var done = 0;
        fixed (byte* buffer = destination)
        {
            if (destination.Length > PageSize
                && Kernel32.ReadProcessMemory(process, (nint)address.Value, buffer, (nuint)destination.Length, out var all) && (int)all == destination.Length)
            {
                return destination.Length;
            }

            while (done < destination.Length)
            {
                var place = address.Value + (ulong)done;
                var wanted = (int)Math.Min((ulong)(destination.Length - done), PageSize - (place % PageSize));
                if (!Kernel32.ReadProcessMemory(process, (nint)place, buffer + done, (nuint)wanted, out var read) || (int)read != wanted)
                {
                    fault = new ReadFault(ReadFaultKind.Unmapped, place);
                    break;
                }

                done += wanted;
            }
        }

        return done;
    }
}
