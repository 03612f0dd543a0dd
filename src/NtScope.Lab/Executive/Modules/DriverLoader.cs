using System.Runtime.InteropServices;
using NtScope.Images;
using NtScope.Lab.Cpu;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Modules;

/// <summary>Puts driver images into the machine's memory: sections, relocations, imports, the security cookie.</summary>
internal sealed class DriverLoader(LabKernel kernel)
{
    private const ulong BehindKernel = 0x400_0000;
    private const ulong ImageAlignment = 0x10_0000;
    private const int NativeSubsystem = 1;
    private static readonly string[] ExecutiveModules = ["ntoskrnl.exe", "hal.dll", "fltmgr.sys", "ntkrnlmp.exe", "wdfldr.sys", "fwpkclnt.sys"];
    private readonly Random _random = new(kernel.Options.Seed);
    private ulong _next = (kernel.Foundation.Kernel.Base.Value + kernel.Foundation.Kernel.Size + BehindKernel) & ~(ImageAlignment - 1);

    /// <summary>Loads an image.</summary>
    /// <exception cref="InputException">It is no x64 kernel driver, or its structures lie.</exception>
    public LoadedDriver Load(PeImage image, string name, string? path)
    {
        if (image.Architecture != ProcessorArchitecture.X64)
        {
            throw new InputException(name, $"the lab runs x64 drivers; this image is for {image.Architecture}");
        }

        if (image.Subsystem != NativeSubsystem)
        {
            throw new InputException(name, $"this is no kernel driver: its subsystem is {image.Subsystem}, not 1 (native)");
        }

        if (image.SizeOfImage > LabLimits.DriverImage || image.SizeOfImage == 0)
        {
            throw new InputException(name, $"the image takes 0x{image.SizeOfImage:x} bytes; the lab loads up to 0x{LabLimits.DriverImage:x}");
        }

        for (var i = 1; i < image.Sections.Count; i++)
        {
            if (image.Sections[i].Rva < image.Sections[i - 1].Rva + (ulong)image.Sections[i - 1].VirtualSize)
            {
                throw new InputException(name, $"section {image.Sections[i].Name} begins before the one in front of it ends");
            }
        }

        var size = (image.SizeOfImage + GuestMemory.PageSize - 1) & ~(GuestMemory.PageSize - 1);
        var region = kernel.Memory.Map(name, _next, size, MemoryAccess.Read | MemoryAccess.Write | MemoryAccess.Execute);
        _next += (size + (2 * ImageAlignment) - 1) & ~(ImageAlignment - 1);
        try
        {
            return Fill(image, name, path, region);
        }
        catch
        {
            kernel.Memory.Unmap(region);
            throw;
        }
    }

    /// <summary>The routine of a name; one that the executive does not have stops the machine or returns what a script says.</summary>
    public ApiEntry EntryOf(string name)
    {
        if (kernel.Apis.Find(name) is { } entry)
        {
            return entry;
        }

        ValueHandler? scripted = kernel.Options.ScriptedReturns.TryGetValue(name, out var value) ? (in ApiCall _) => value : null;
        return new ApiEntry(name, Irql.High, scripted);
    }

    /// <summary>Takes away what a driver needs for its initialization only.</summary>
    public void DiscardInitialization(LoadedDriver driver)
    {
        foreach (var section in driver.Image.Sections.Where(section => section.IsDiscardable))
        {
            Protect(section, driver.Region, MemoryAccess.None);
        }

        if (driver.Image.Sections.Any(section => section.IsDiscardable && section.IsExecutable))
        {
            kernel.Cpu.FlushTranslations();
        }
    }

    private LoadedDriver Fill(PeImage image, string name, string? path, GuestRegion region)
    {
        unsafe
        {
            var whole = new Span<byte>(region.Host, (int)image.SizeOfImage);
            image.Read(0, whole, out _);
            foreach (var section in image.Sections)
            {
                if (section.Rva < image.SizeOfImage)
                {
                    image.Read(section.Rva, whole.Slice((int)section.Rva, (int)Math.Min(section.VirtualSize, image.SizeOfImage - section.Rva)), out _);
                }
            }

            Relocate(image, name, region, whole);
            SetCookie(image, whole, (ulong)_random.NextInt64(1L << 16, 1L << 48));
            var patch = new ControlRegisterPatch();
            foreach (var section in image.Sections)
            {
                var end = Math.Min((ulong)section.Rva + section.VirtualSize, image.SizeOfImage);
                if (section.IsExecutable && section.Rva < end)
                {
                    patch.Apply(whole[(int)section.Rva..(int)end], region.Start + section.Rva);
                }
            }

            var driver = new LoadedDriver(name, image, region, patch, path);
            Bind(image, name, driver, whole);
            Protect(image, region);
            kernel.Drivers.Add(driver);
            return driver;
        }
    }

    private static void Relocate(PeImage image, string name, GuestRegion region, Span<byte> whole)
    {
        var distance = region.Start - image.PreferredBase;
        var relocations = image.Relocations;
        for (var i = 0; i < relocations.Count && distance != 0; i++)
        {
            var relocation = relocations[i];
            if (relocation.Kind == RelocationKind.Absolute)
            {
                continue;
            }

            if (relocation.Kind != RelocationKind.Address64 || relocation.Rva > (uint)whole.Length - 8)
            {
                throw new InputException(name, "IMAGE_BASE_RELOCATION", relocation.Rva, $"a relocation of kind {relocation.Kind} cannot be applied");
            }

            ref var value = ref MemoryMarshal.AsRef<ulong>(whole.Slice((int)relocation.Rva, 8));
            value += distance;
        }
    }

    // A cookie's upper two bytes are zero, as the kernel's loader leaves them.
    private static void SetCookie(PeImage image, Span<byte> whole, ulong cookie)
    {
        if (image.LoadConfiguration is { SecurityCookieRva: not 0 } configuration && configuration.SecurityCookieRva <= (uint)whole.Length - 16)
        {
            var at = (int)configuration.SecurityCookieRva;
            MemoryMarshal.Write(whole[at..], cookie);
            if (MemoryMarshal.Read<ulong>(whole[(at + 8)..]) == ~0x2B99_2DDF_A232UL)
            {
                MemoryMarshal.Write(whole[(at + 8)..], ~cookie);
            }
        }
    }

    // Import libraries without an extension name the same modules, and API sets (ext-ms-win-ntos-...) stand for the kernel.
    private static bool IsExecutive(string module) =>
        ExecutiveModules.Contains(module, StringComparer.OrdinalIgnoreCase)
        || ExecutiveModules.Any(known => Path.GetFileNameWithoutExtension(known.AsSpan()).Equals(module, StringComparison.OrdinalIgnoreCase))
        || module.StartsWith("ext-ms-win-ntos-", StringComparison.OrdinalIgnoreCase);

    private void Bind(PeImage image, string name, LoadedDriver driver, Span<byte> whole)
    {
        foreach (var module in image.Imports)
        {
            var isKnown = IsExecutive(module.Name);
            foreach (var function in module.Functions)
            {
                if (function.SlotRva > (uint)whole.Length - 8)
                {
                    throw new InputException(name, "IMAGE_THUNK_DATA", function.SlotRva, "an import's slot lies outside of the image");
                }

                var imported = function.Name ?? $"{module.Name}!#{function.Ordinal}";
                var address = isKnown && function.Name is not null && kernel.Variables.TryGet(imported, out var variable)
                    ? variable
                    : AddressOf(driver, isKnown && function.Name is not null ? imported : $"{module.Name}!{imported}");
                MemoryMarshal.Write(whole[(int)function.SlotRva..], address);
            }
        }
    }

    private ulong AddressOf(LoadedDriver driver, string imported)
    {
        if (!kernel.Traps.HasRoom(imported))
        {
            throw new InputException(driver.Name, $"its imports do not fit into the kernel's image, which has {kernel.Foundation.Kernel.Own.Count} names of its own already");
        }

        if (kernel.Apis.Find(imported) is null)
        {
            driver.Unimplemented.Add(imported);
        }

        return kernel.Traps.AddressOf(EntryOf(imported));
    }

    private void Protect(PeImage image, GuestRegion region)
    {
        foreach (var section in image.Sections)
        {
            // Sections that are writable and executable share their pages with others, or are meant to be so.
            if (!(section.IsWritable && section.IsExecutable))
            {
                Protect(
                    section, region,
                    MemoryAccess.Read | (section.IsWritable ? MemoryAccess.Write : MemoryAccess.None) | (section.IsExecutable ? MemoryAccess.Execute : MemoryAccess.None));
            }
        }
    }

    // Neighbours share a page only in images whose sections are aligned to less than one; those stay writable and executable.
    private void Protect(ImageSection section, GuestRegion region, MemoryAccess access)
    {
        ulong start = section.Rva;
        var end = Math.Min((start + section.VirtualSize + GuestMemory.PageSize - 1) & ~(GuestMemory.PageSize - 1), region.Size);
        if ((start & (GuestMemory.PageSize - 1)) == 0 && start < end)
        {
            kernel.Cpu.Protect(region.Start + start, end - start, access);
            region.Protect(start, end - start, access);
        }
    }
}
