using NtScope.Kernel;
using NtScope.Kernel.Objects;
using NtScope.Reports;

namespace NtScope.Callbacks;

/// <summary>
/// The callbacks of object types (_OBJECT_TYPE.CallbackList, since Vista SP1). The entries are in no symbol file: link, operations, whether
/// active, the registration (which holds the altitude), the object type, the routines before and after the operation.
/// </summary>
internal static class ObjectCallbacks
{
    private const uint HandleCreate = 1;
    private const uint HandleDuplicate = 2;

    /// <summary>Adds all registered routines, two for an entry with both.</summary>
    public static void Collect(CallbackCollector collector)
    {
        var context = collector.Context;
        if (context.OffsetOf("_OBJECT_TYPE", "CallbackList") is not { } offset)
        {
            return;
        }

        var objects = new ObjectManager(context);
        if (objects.Types.Count == 0)
        {
            context.Note("Callbacks of kind object are not listed: the object types were not found.");
        }

        foreach (var type in objects.Types.Values)
        {
            ReadType(collector, type + offset, type, objects.NameOfType(type) ?? type.ToString());
        }
    }

    private static void ReadType(CallbackCollector collector, VirtualAddress head, VirtualAddress type, string typeName)
    {
        var context = collector.Context;
        var walk = ListWalk.Read(context.Memory, head, Limits.Callbacks);
        if (walk.Problem is { } problem)
        {
            context.Note($"object callbacks of type {typeName}: {problem}");
        }

        var pointer = context.PointerSize;
        for (var slot = 0; slot < walk.Links.Count; slot++)
        {
            var entry = walk.Links[slot];
            var findings = new List<Finding>();
            if (walk.BrokenLinks.Contains(entry))
            {
                findings.Add(new Finding(FindingKinds.BrokenLink, "The entry does not point back at the one before it"));
            }

            var fields = entry + 2 * pointer;
            if (!context.Memory.TryReadUInt32(fields, out var operations, out var fault)
                || !context.Memory.TryReadUInt32(fields + sizeof(uint), out var active, out fault)
                || !context.Memory.TryReadPointer(fields + 8, out var registration, out fault)
                || !context.Memory.TryReadPointer(fields + 8 + pointer, out var entryType, out fault)
                || !context.Memory.TryReadPointer(fields + 8 + 2 * pointer, out var before, out fault)
                || !context.Memory.TryReadPointer(fields + 8 + 3 * pointer, out var after, out fault))
            {
                collector.Add(CallbackKinds.Object, slot, null, typeName, [new Finding(FindingKinds.Unreadable, $"The entry cannot be read: {fault}")]);
                continue;
            }

            if (entryType != type)
            {
                findings.Add(new Finding("type-mismatch", $"The entry stands in the list of {typeName} but names the type at {entryType}"));
            }

            // The registration begins with its version and the count of its entries, then a context, then the altitude.
            var altitude = KernelText.ReadCounted(context.Memory, registration + 2 * pointer, out _);
            var detail = $"{typeName}, {Operations(operations)}{(active == 0 ? ", inactive" : string.Empty)}{(string.IsNullOrEmpty(altitude) ? string.Empty : $", altitude {altitude}")}";
            if (!before.IsZero)
            {
                collector.Add(CallbackKinds.Object, slot, before, "pre, " + detail, findings);
            }

            if (!after.IsZero)
            {
                collector.Add(CallbackKinds.Object, slot, after, "post, " + detail, findings);
            }
        }
    }

    private static string Operations(uint operations) => operations switch
    {
        HandleCreate => "create",
        HandleDuplicate => "duplicate",
        HandleCreate | HandleDuplicate => "create and duplicate",
        _ => $"operations 0x{operations:x}",
    };
}
