using System.Globalization;

namespace NtScope.Syscalls.Verification;

/// <summary>
/// Checks the kernel's service descriptors (KSERVICE_TABLE_DESCRIPTOR: table, counters, limit, argument table): what the system call dispatcher
/// really uses. The shadow and the filter set have a second one for win32k.
/// </summary>
internal sealed class DescriptorVerification(VerificationContext context, ExpectedTable nt, IReadOnlyList<ExpectedTable> windowManagers)
{
    private const int PointersInDescriptor = 4;
    private const string MainSet = "KeServiceDescriptorTable";
    private const string FilterSet = "KeServiceDescriptorTableFilter";

    private (uint Main, uint Shadow)? _places;

    /// <summary>Checks all descriptors that can be found; a table that one points at instead of the true one is given to <paramref name="verifyActive"/>.</summary>
    public void Verify(Action<ExpectedTable, VirtualAddress> verifyActive)
    {
        var pointer = (uint)nt.Memory.PointerSize;
        foreach (var name in (ReadOnlySpan<string>)[MainSet, "KeServiceDescriptorTableShadow", FilterSet])
        {
            foreach (var rva in PlacesOf(name))
            {
                Verify(name, nt.Base + rva, nt, verifyActive);
                if (name != MainSet)
                {
                    VerifyWindowManager(name, nt.Base + rva + PointersInDescriptor * pointer, verifyActive);
                }
            }
        }
    }

    private void VerifyWindowManager(string name, VirtualAddress descriptor, Action<ExpectedTable, VirtualAddress> verifyActive)
    {
        var own = windowManagers.Where(table => table.IsFilter == (name == FilterSet)).ToList();
        if (own.Count > 0)
        {
            Verify(name, descriptor, own[0], (_, table) =>
            {
                foreach (var windowManager in own)
                {
                    verifyActive(windowManager, table);
                }
            });
        }
        else if (!nt.Memory.TryReadPointer(descriptor, out var table, out _) || table.IsZero)
        {
            // Where no process was ever filtered the second set is empty.
            if (name != FilterSet)
            {
                context.Note("win32k is not in the list of loaded modules, and no descriptor leads to a table of it: its services are not verified.");
            }
        }
        else if (!context.Target.IsModuleListWhole)
        {
            context.Note($"win32k is not in the list of loaded modules, which could not be followed to its end: its table at {table} is not verified.");
        }
        else if (context.Target.ModuleAt(table) is { } owner)
        {
            context.Note($"The image of {owner.Name} cannot be read: its table of win32k services at {table} is not verified.");
        }
        else
        {
            // Where the true table is nothing says; but it is in a module.
            AddRelocated(name, ServiceTableKind.Win32k, descriptor, table, expected: null, VerificationEvidence.Structure);
        }
    }

    private void AddRelocated(string name, ServiceTableKind kind, VirtualAddress descriptor, VirtualAddress table, VirtualAddress? expected, VerificationEvidence evidence) =>
        context.Add(new VerificationRow
        {
            Kind = VerificationKind.TableRelocated,
            Table = kind,
            Address = descriptor,
            Expected = expected?.ToString(),
            Target = table,
            Owner = context.OwnerOf(table),
            Evidence = evidence,
            Detail = $"{name} points at a table at {table}, {(expected is { } there ? $"the true one is at {there}" : "which is in no module")}",
        }, session: null);

    private IEnumerable<uint> PlacesOf(string name)
    {
        if (nt.Module.Symbols?.TryGetRva(name, out var rva) == true)
        {
            return [rva];
        }

        if (nt.Module.Image is { } image && (_places ??= DescriptorPlaces.Find(image)) is { } places)
        {
            return name switch
            {
                MainSet => [places.Main],
                "KeServiceDescriptorTableShadow" => [places.Shadow],
                _ => [],
            };
        }

        return name == MainSet && nt.Module.Image is { } mapped ? KernelTableWitnesses.Descriptors(nt.File ?? mapped) : [];
    }

    // Without a file the image's own variable says how many there are.
    private static int? CountOf(ExpectedTable table) =>
        table.Count ?? (table.LimitInMemory is { } limit and <= Limits.ServicesPerTable ? (int)limit : null);

    private void Verify(string name, VirtualAddress descriptor, ExpectedTable expected, Action<ExpectedTable, VirtualAddress> verifyActive)
    {
        var pointer = (uint)nt.Memory.PointerSize;
        if (!nt.Memory.TryReadPointer(descriptor, out var table, out _) || !nt.Memory.TryReadUInt32(descriptor + 2 * pointer, out var limit, out _))
        {
            context.CountUnreadable("service descriptors");
            return;
        }

        // A set that this machine never filled (no filtered process, no win32k yet) is empty.
        if (table.IsZero)
        {
            return;
        }

        if (table != expected.Start)
        {
            AddRelocated(name, expected.Kind, descriptor, table, expected.Start, expected.Evidence);
            verifyActive(expected, table);
        }

        if (CountOf(expected) is { } count && limit != count)
        {
            context.Add(new VerificationRow
            {
                Kind = VerificationKind.LimitChanged,
                Table = expected.Kind,
                Address = descriptor + 2 * pointer,
                Expected = "0x" + count.ToString("x", CultureInfo.InvariantCulture),
                Evidence = expected.Evidence,
                Detail = $"{name} allows 0x{limit:x} services, it should be 0x{count:x}",
            }, session: null);
        }

        if (expected.ArgumentTableRva is { } arguments
            && nt.Memory.TryReadPointer(descriptor + 3 * pointer, out var argumentTable, out _)
            && argumentTable != expected.Base + arguments)
        {
            context.Add(new VerificationRow
            {
                Kind = VerificationKind.ArgumentsChanged,
                Table = expected.Kind,
                Address = descriptor + 3 * pointer,
                Expected = (expected.Base + arguments).ToString(),
                Target = argumentTable,
                Owner = context.OwnerOf(argumentTable),
                Evidence = expected.Evidence,
                Detail = $"{name} takes argument counts from {argumentTable}, it should be {expected.Base + arguments}",
            }, session: null);
        }
    }
}
