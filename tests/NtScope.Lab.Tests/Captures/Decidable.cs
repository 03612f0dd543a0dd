using NtScope.Lab.Machine;

namespace NtScope.Lab.Tests.Captures;

/// <summary>Leaves out what came into being while a capture was taken: pages of the earlier moment may not know it, so nobody can say whether it is there.</summary>
internal static class Decidable
{
    public static IEnumerable<TRow> In<TRow>(IEnumerable<TRow> rows, MachineMemory machine, Func<TRow, VirtualAddress?> address) =>
        machine.Smear is { } smear ? rows.Where(row => address(row) is not { } there || !smear.Created.Contains(there)) : rows;

    public static IEnumerable<VirtualAddress> In(IEnumerable<VirtualAddress> addresses, MachineMemory machine) => In(addresses, machine, address => address);
}
