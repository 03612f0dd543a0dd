namespace NtScope.Lab.Executive.Memory;

/// <summary>Addresses that are handed out one behind the other, and again once the end is reached: what was unmapped is free.</summary>
/// <param name="memory">The machine's memory, which knows what is mapped.</param>
/// <param name="start">The first address.</param>
/// <param name="end">The address behind the last one.</param>
internal sealed class AddressWindow(GuestMemory memory, ulong start, ulong end)
{
    // Regions start in megabytes of their own.
    private const ulong Alignment = 0x10_0000;
    private readonly ulong _start = start;
    private ulong _next = start;

    /// <summary>Finds addresses where nothing is mapped.</summary>
    /// <param name="size">The bytes.</param>
    /// <returns>The first address; null if there is no room.</returns>
    public ulong? Find(ulong size)
    {
        var found = memory.FindFree(_next, end, size, Alignment) ?? memory.FindFree(_start, end, size, Alignment);
        if (found is { } address)
        {
            _next = (address + size + (2 * Alignment) - 1) & ~(Alignment - 1);
        }

        return found;
    }
}
