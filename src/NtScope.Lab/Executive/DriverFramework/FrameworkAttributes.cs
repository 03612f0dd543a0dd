using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>WDF_OBJECT_ATTRIBUTES as a driver passed them.</summary>
/// <param name="Cleanup">EvtCleanupCallback; 0 for none.</param>
/// <param name="Destroy">EvtDestroyCallback; 0 for none.</param>
/// <param name="Level">The execution level.</param>
/// <param name="Scope">The synchronization scope.</param>
/// <param name="Parent">The parent's handle; 0 for the usual one.</param>
/// <param name="ContextBytes">The size that overrides the type's; 0 for none.</param>
/// <param name="ContextType">The unique WDF_OBJECT_CONTEXT_TYPE_INFO; 0 for none.</param>
internal sealed record FrameworkAttributes(
    ulong Cleanup, ulong Destroy, ExecutionLevel Level, SynchronizationScope Scope, ulong Parent, ulong ContextBytes, ulong ContextType)
{
    /// <summary>No attributes.</summary>
    public static FrameworkAttributes None { get; } = new(0, 0, ExecutionLevel.InheritFromParent, SynchronizationScope.InheritFromParent, 0, 0, 0);

    /// <summary>Reads the structure.</summary>
    /// <returns>Null if its size is wrong.</returns>
    public static FrameworkAttributes? Read(GuestMemory memory, ulong address) =>
        address == 0 ? None
        : memory.ReadUInt32(address) != FrameworkLayout.AttributesBytes ? null
        : new FrameworkAttributes(
            memory.ReadUInt64(address + FrameworkLayout.AttributesCleanup),
            memory.ReadUInt64(address + FrameworkLayout.AttributesDestroy),
            (ExecutionLevel)memory.ReadUInt32(address + FrameworkLayout.AttributesLevel),
            (SynchronizationScope)memory.ReadUInt32(address + FrameworkLayout.AttributesScope),
            memory.ReadUInt64(address + FrameworkLayout.AttributesParent),
            memory.ReadUInt64(address + FrameworkLayout.AttributesContextSize),
            memory.ReadUInt64(address + FrameworkLayout.AttributesContextType));
}
