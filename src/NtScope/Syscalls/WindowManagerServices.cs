using NtScope.Images;

namespace NtScope.Syscalls;

/// <summary>Collects the services of win32k.sys, as a file or in the memory of a session, and follows those that it hands on to the modules behind it.</summary>
internal sealed class WindowManagerServices(Target target, Module module, List<Module> parts, ServiceRecords records)
{
    private readonly PeImage _image = module.Image!;

    public void Collect()
    {
        if (module.Base is { } start && _image.IsMapped)
        {
            CollectFromMemory(start);
            return;
        }

        var search = ServiceTableFinder.Find(_image, module.Symbols);
        records.Notes.AddRange(search.Problems.Select(problem => problem + "."));
        var stubs = new WindowManagerStubs(_image);
        foreach (var table in search.Tables)
        {
            var name = table.IsFilter ? "W32pServiceTableFilter" : "W32pServiceTable";
            records.Notes.Add($"{name} is at 0x{table.Rva:x} of {module.Name}: {string.Join("; ", table.Evidence)}.");
            if (table.IsFilter)
            {
                CompareFilter(search.Tables[0], table);
            }
            else
            {
                Collect(table, stubs);
            }
        }

        foreach (var (number, name) in stubs.ReadExportedNumbers())
        {
            records.At(new ServiceIndex(ServiceTableKind.Win32k, number)).AddName(name, NameSource.Export);
        }
    }

    // The image's memory is that of a session; its exports say where the table is, on x86 the kernel's descriptor, and the running kernel's encoding how to
    // read it.
    private void CollectFromMemory(VirtualAddress start)
    {
        uint? argumentsRva = null;
        if (_image.Exports.TryGetRva("W32pServiceTable", out var tableRva)
            && _image.Exports.TryGetRva("W32pServiceLimit", out var limitRva)
            && _image.TryReadUInt32(limitRva, out var limit) && limit <= Limits.ServicesPerTable)
        {
            records.Notes.Add($"W32pServiceTable is at {start + tableRva}: {module.Name} exports it.");
        }
        else if (DescriptorPlaces.FindWindowManagerTable(target, module) is { } mapped)
        {
            (tableRva, limit) = ((uint)(mapped.Start - start), (uint)mapped.Count);
            argumentsRva = mapped.Arguments is { } arguments ? (uint)(arguments - start) : null;
            records.Notes.Add($"W32pServiceTable is at {mapped.Start}: {mapped.Evidence}.");
        }
        else
        {
            records.Notes.Add($"The table of {module.Name} cannot be read: neither its exports nor the kernel say where it is, or its pages are not in the memory of any session.");
            return;
        }

        var encoding = ServiceTableEntry.EncodingOf(target.Architecture, target.Modules[0].Version?.Build ?? 0);
        var stubs = new WindowManagerStubs(_image);
        for (var i = 0; i < limit; i++)
        {
            var record = records.At(new ServiceIndex(ServiceTableKind.Win32k, i));
            if (!_image.TryReadUInt32(tableRva + (uint)(i * sizeof(uint)), out var raw))
            {
                record.AddFinding("unreadable-entry", "the page of its entry is not in the capture");
                continue;
            }

            var entry = new ServiceTableEntry(raw, encoding);
            var routine = entry.RoutineIn(start + tableRva);
            var owner = target.ModuleAt(routine);
            (record.Entry, record.Address) = (raw, routine);
            record.StackArguments = entry.StackArguments
                ?? (argumentsRva is { } bytesRva && _image.TryReadByte(bytesRva + (uint)i, out var bytes) ? bytes / sizeof(uint) : null);
            (record.Module, record.Rva) = (owner?.Name, owner?.Base is { } there ? (uint)(routine - there) : null);
            if (owner is null && target.IsModuleListWhole)
            {
                record.AddFinding("outside-modules", $"its entry leads to {routine}, which no module covers");
            }
            else if (owner == module && stubs.Follow(record.Rva!.Value) is { Name: { } name })
            {
                record.AddName(name, NameSource.Import);
            }
        }
    }

    private void Collect(ServiceTable table, WindowManagerStubs stubs)
    {
        var handedOn = 0;
        for (var i = 0; i < table.Slots.Count; i++)
        {
            var record = records.At(new ServiceIndex(ServiceTableKind.Win32k, i));
            record.Take(table, module.Name);
            if (record.Rva is not { } routine)
            {
                continue;
            }

            if (module.Symbols is { } symbols && symbols.TryGetNearest(routine, out var symbol) && symbol.Rva == routine
                && symbol.Name.StartsWith("Nt", StringComparison.Ordinal))
            {
                record.AddName(symbol.Name, NameSource.Symbol);
            }

            if (stubs.Follow(routine) is { } service)
            {
                handedOn++;
                record.AddName(service.Name, NameSource.Import);
                Arrive(record, service);
            }
        }

        if (handedOn > 0)
        {
            records.Notes.Add(parts.Count > 0
                ? $"{module.Name} hands {handedOn} services on; they stand here in the module that has them."
                : $"{module.Name} hands {handedOn} services on; add win32kbase.sys and win32kfull.sys to see where they arrive.");
        }
    }

    /// <summary>Puts a service where its routine finally is, if that module is at hand.</summary>
    private void Arrive(ServiceRecord record, HandedOnService service)
    {
        foreach (var part in parts)
        {
            var image = part.Image!;
            if (service.Name is { } name && IsCalled(image, service.Module) && image.Exports.TryGetRva(name, out var rva))
            {
                (record.Module, record.Rva) = (part.Name, rva);
                return;
            }

            if (service.Table is { } array && image.Exports.TryGetRva(array, out var arrayRva)
                && image.TryReadPointer(arrayRva + ((uint)service.Position * (uint)image.PointerSize), out var routine))
            {
                (record.Module, record.Rva) = (part.Name, routine);
                return;
            }
        }
    }

    // An API set has no file of its own: any of the modules may host it.
    private static bool IsCalled(PeImage image, string? module) =>
        module is null || module.StartsWith("ext-ms-", StringComparison.OrdinalIgnoreCase) || string.Equals(image.Exports.ModuleName, module, StringComparison.OrdinalIgnoreCase);

    private void CompareFilter(ServiceTable main, ServiceTable filter)
    {
        if (main.IsFilter || main.Slots.Count != filter.Slots.Count)
        {
            records.Notes.Add($"The filter table has {filter.Slots.Count} services, the main one {(main.IsFilter ? 0 : main.Slots.Count)}.");
            return;
        }

        for (var i = 0; i < main.Slots.Count; i++)
        {
            if (main.Slots[i].StackArguments != filter.Slots[i].StackArguments)
            {
                records.At(new ServiceIndex(ServiceTableKind.Win32k, i)).AddFinding(
                    "argument-conflict", $"the table counts {main.Slots[i].StackArguments} stack arguments, the filter table {filter.Slots[i].StackArguments}");
            }
        }
    }
}
