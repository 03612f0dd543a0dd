using NtScope.Images;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Modules;

/// <summary>Mm routines that lock sections of a driver's image in memory, or let all of it be paged out.</summary>
internal sealed class PageableImageApis(LabKernel kernel) : IApiFamily
{
    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Add("MmLockPagableDataSection", Irql.Apc, (in ApiCall call) => Lock(call, call[0]));
        table.Void("MmLockPagableSectionByHandle", Irql.Apc, (in ApiCall call) => Lock(call, call[0]));
        table.Void("MmUnlockPagableImageSection", Irql.Apc, Unlock);
        table.Add("MmPageEntireDriver", Irql.Apc, (in ApiCall call) => SetPageable(call, isPageable: true));
        table.Void("MmResetDriverPaging", Irql.Apc, (in ApiCall call) => SetPageable(call, isPageable: false));
    }

    // The handle of a locked section is the section's address.
    private ulong Lock(in ApiCall call, ulong address)
    {
        if (SectionAt(call, address) is not var (driver, section))
        {
            return 0;
        }

        driver.LockedSections[section.Rva] = driver.LockedSections.GetValueOrDefault(section.Rva) + 1;
        return driver.Base + section.Rva;
    }

    private void Unlock(in ApiCall call)
    {
        if (SectionAt(call, call[0]) is not var (driver, section))
        {
            return;
        }

        if (!driver.LockedSections.TryGetValue(section.Rva, out var count))
        {
            kernel.Verifier.Report("lock-not-held", $"section {section.Name} is unlocked and is not locked", call.Entry.Name);
        }
        else if (count > 1)
        {
            driver.LockedSections[section.Rva] = count - 1;
        }
        else
        {
            driver.LockedSections.Remove(section.Rva);
        }
    }

    private ulong SetPageable(in ApiCall call, bool isPageable)
    {
        if (kernel.Drivers.At(call[0]) is not { } driver)
        {
            kernel.Verifier.Report("bad-object", $"0x{call[0]:x} lies in no image", call.Entry.Name);
            return 0;
        }

        driver.IsEntirelyPageable = isPageable;
        return driver.Base;
    }

    private (LoadedDriver Driver, ImageSection Section)? SectionAt(in ApiCall call, ulong address)
    {
        if (kernel.Drivers.At(address) is { } driver && driver.Image.SectionAt((uint)(address - driver.Base)) is { } section)
        {
            return (driver, section);
        }

        kernel.Verifier.Report("bad-object", $"0x{address:x} lies in no section of an image", call.Entry.Name);
        return null;
    }
}
