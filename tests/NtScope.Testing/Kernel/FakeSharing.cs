using NtScope.Symbols;

namespace NtScope.Testing.Kernel;

/// <summary>
/// Structures of a <see cref="FakeKernel"/> that many others share, as a hostile or smeared machine has them: what a reader visits for each of those that
/// share is their product.
/// </summary>
public static class FakeSharing
{
    private const uint FilterManagerSize = 0x1000;
    private const uint Globals = 0x800;

    /// <summary>Directories of the namespace that all contain all of them, in one chain.</summary>
    public static void AddDirectories(FakeKernel kernel, FakeNamespace space, int count)
    {
        var buckets = kernel.OffsetOf("_OBJECT_DIRECTORY", "HashBuckets");
        VirtualAddress chain = default;
        var directories = new List<VirtualAddress>();
        for (var i = 0; i < count; i++)
        {
            var directory = kernel.CreateObject("Directory", "_OBJECT_DIRECTORY", "a");
            var entry = kernel.Allocate("ObDi", kernel.SizeOf("_OBJECT_DIRECTORY_ENTRY"));
            kernel.WritePointer(entry + kernel.OffsetOf("_OBJECT_DIRECTORY_ENTRY", "ChainLink"), chain);
            kernel.WritePointer(entry + kernel.OffsetOf("_OBJECT_DIRECTORY_ENTRY", "Object"), directory);
            chain = entry;
            directories.Add(directory);
        }

        foreach (var directory in directories.Prepend(space.Device))
        {
            kernel.WritePointer(directory + buckets, chain);
        }
    }

    /// <summary>Drivers that all have one list of devices, of which each is attached to the one before.</summary>
    public static void AddDevices(FakeKernel kernel, FakeNamespace space, int drivers, int devices)
    {
        var module = new Module { Name = "disk", Path = "disk.sys", Base = new VirtualAddress(0xFFFFF800_20000000), Size = 0x10000 };
        kernel.OtherModules.Add(module);
        var first = space.AddDriver("driver", module, module.Base!.Value);
        VirtualAddress below = default;
        for (var i = 0; i < devices; i++)
        {
            below = space.AddDevice(first, null, below);
        }

        var list = kernel.OffsetOf("_DRIVER_OBJECT", "DeviceObject");
        for (var i = 1; i < drivers; i++)
        {
            var driver = space.AddDriver($"driver{i}", module, module.Base!.Value);
            kernel.WritePointer(driver + list, kernel.ReadPointer(first + list));
        }
    }

    /// <summary>Minifilters that share their operations, their instances and a name that is as long as one can be.</summary>
    public static void AddFilters(FakeKernel kernel, int filters, int instances)
    {
        // The filter manager lies in the fake kernel's pool, where it can be read.
        var image = kernel.Allocate("Imag", FilterManagerSize);
        kernel.OtherModules.Add(new Module
        {
            Name = "fltmgr",
            Path = "fltmgr.sys",
            Base = image,
            Size = FilterManagerSize,
            Types = FakeFilterLayouts.Create(),
            Symbols = new SymbolTable([new Symbol("FltGlobals", Globals, NameSource.Symbol)]),
        });
        var frames = image + Globals + 0x78;
        kernel.InitializeList(frames);
        var frame = kernel.Allocate("FMfr", 0x100);
        kernel.InsertTail(frames, frame + 8);
        kernel.InitializeList(frame + 0xB0);

        var name = kernel.Allocate("Text", 0x10);
        kernel.WriteText(name, new string('n', 0x7FFF));
        var operations = kernel.Allocate("FMop", 65 * 0x20);
        for (var i = 0U; i < 64; i++)
        {
            kernel.WriteByte(operations + i * 0x20, (byte)(i % 28));
            kernel.WritePointer(operations + i * 0x20 + 8, image + 0x100);
            kernel.WritePointer(operations + i * 0x20 + 0x10, image + 0x140);
        }

        kernel.WriteByte(operations + 64 * 0x20, 0x80);
        var shared = kernel.Allocate("FMis", 0x10);
        kernel.InitializeList(shared);
        for (var i = 0; i < instances; i++)
        {
            var instance = kernel.Allocate("FMis", 0x100);
            CopyText(instance + 0x50);
            CopyText(instance + 0x60);
            kernel.InsertTail(shared, instance + 0x70);
        }

        for (var i = 0; i < filters; i++)
        {
            var filter = kernel.Allocate("FMfl", 0x200);
            kernel.InsertTail(frame + 0xB0, filter + 0x10);
            CopyText(filter + 0x38);
            CopyText(filter + 0x48);
            kernel.WritePointer(filter + 0xD0, kernel.ReadPointer(shared));
            kernel.WritePointer(filter + 0xD8, kernel.ReadPointer(shared + 8));
            kernel.WritePointer(filter + 0x1A8, operations);
        }

        void CopyText(VirtualAddress place)
        {
            kernel.WriteNumber(place, kernel.ReadPointer(name).Value);
            kernel.WritePointer(place + 8, kernel.ReadPointer(name + 8));
        }
    }

    /// <summary>A table of process and thread IDs of which no page can be read, as large as one can be.</summary>
    public static void AddUnreadableIdentifiers(FakeKernel kernel)
    {
        var (upper, middle) = (kernel.Allocate("Obtb", 0x1000), kernel.Allocate("Obtb", 0x1000));
        for (var i = 0U; i < 512; i++)
        {
            kernel.WritePointer(upper + i * 8, middle);
            kernel.WritePointer(middle + i * 8, new VirtualAddress(0xFFFFF900_00000000 + i * 0x1000));
        }

        SetIdentifiers(kernel, upper + 2);
    }

    /// <summary>A table of process and thread IDs whose entries name themselves: to the eye each is a thread.</summary>
    public static void AddSelfIdentifiers(FakeKernel kernel, int pages)
    {
        const uint EntrySize = 16;
        const ulong ThreadType = 6;
        var (upper, middle) = (kernel.Allocate("Obtb", 0x1000), kernel.Allocate("Obtb", 0x2000));
        for (var i = 0U; i < pages; i++)
        {
            var leaf = kernel.Allocate("Obtb", 0x1000 - 0x20);
            for (var entry = leaf; entry < leaf + 0x1000; entry += EntrySize)
            {
                kernel.WriteNumber(entry, (entry.Value << 16) | ThreadType);
            }

            kernel.WritePointer(middle + i * 8, leaf);
            kernel.WritePointer(upper + i / 512 * 8, middle + i / 512 * 0x1000);
        }

        SetIdentifiers(kernel, upper + 2);
    }

    private static void SetIdentifiers(FakeKernel kernel, VirtualAddress code)
    {
        var table = kernel.Allocate("Obtb", kernel.SizeOf("_HANDLE_TABLE"));
        kernel.WritePointer(table + kernel.OffsetOf("_HANDLE_TABLE", "TableCode"), code);
        kernel.WriteNumber(table + kernel.OffsetOf("_HANDLE_TABLE", "NextHandleNeedingPool"), uint.MaxValue);
        kernel.WritePointer(kernel.Symbol("PspCidTable"), table);
    }
}
