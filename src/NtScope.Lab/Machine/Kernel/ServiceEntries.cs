using NtScope.Knowledge;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Kernel;

/// <summary>How the service tables of a running kernel hold their services: on x64 packed offsets with counts, on x86 pointers.</summary>
internal static class ServiceEntries
{
    private const int RegisterArguments = 4;

    // Values of eight bytes, which take two places on the stack of x86.
    private static readonly string[] WideTypes = ["LARGE_INTEGER", "ULARGE_INTEGER", "LONGLONG", "ULONGLONG", "ULONG64", "LUID"];

    /// <summary>
    /// How many arguments of a service are passed on the stack, in units of a pointer, as its prototype says; 0 if no prototype is known.
    /// </summary>
    public static int StackArguments(string service, bool isNarrow)
    {
        if (!KnowledgeBase.Embedded.TryGetPrototype(service, out var prototype))
        {
            return 0;
        }

        return isNarrow
            ? prototype.Parameters.Sum(parameter => WideTypes.Contains(parameter.Type, StringComparer.Ordinal) ? 2 : 1)
            : Math.Max(0, prototype.Parameters.Count - RegisterArguments);
    }

    /// <summary>An entry as the running kernel holds it.</summary>
    public static uint Encode(LabAddressSpace space, VirtualAddress table, VirtualAddress routine, int stackArguments) => space.PointerSize == sizeof(uint)
        ? (uint)routine.Value
        : (uint)(routine - table) << 4 | (uint)stackArguments & 0xF;

    /// <summary>An entry as a copy of its table elsewhere has it.</summary>
    public static uint Rebase(LabAddressSpace space, uint entry, VirtualAddress table, VirtualAddress copy) => space.PointerSize == sizeof(uint)
        ? entry
        : (uint)(table + (ulong)((int)entry >> 4) - copy) << 4 | entry & 0xF;

    /// <summary>Writes a table and its bytes of arguments.</summary>
    /// <param name="space">The memory.</param>
    /// <param name="table">The table.</param>
    /// <param name="argumentTable">The bytes of arguments.</param>
    /// <param name="services">Name and routine of each service, by index.</param>
    public static void Write(LabAddressSpace space, VirtualAddress table, VirtualAddress argumentTable, IEnumerable<(string Name, VirtualAddress Routine)> services)
    {
        var index = 0ul;
        foreach (var (name, routine) in services)
        {
            var arguments = StackArguments(name, space.PointerSize == sizeof(uint));
            space.WriteUInt32(table + index * sizeof(uint), Encode(space, table, routine, arguments));
            space.WriteByte(argumentTable + index, (byte)(arguments * sizeof(uint)));
            index++;
        }
    }

    /// <summary>Writes a service descriptor: table, counters, limit, bytes of arguments.</summary>
    public static void WriteDescriptor(LabAddressSpace space, VirtualAddress descriptor, VirtualAddress table, int count, VirtualAddress argumentTable)
    {
        var pointer = (ulong)space.PointerSize;
        space.WritePointer(descriptor, table);
        space.WritePointer(descriptor + pointer, VirtualAddress.Zero);
        space.WritePointer(descriptor + 2 * pointer, new VirtualAddress((uint)count));
        space.WritePointer(descriptor + 3 * pointer, argumentTable);
    }
}
