using NtScope.Lab.Cpu;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Filters;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Objects;

namespace NtScope.Lab.Executive.Sections;

/// <summary>Sections and their views. What a file's section shows is read by paging I/O when it is made, and written back when views go.</summary>
internal sealed class SectionManager(LabKernel kernel)
{
    private const uint PagingIo = 3;
    private readonly Dictionary<ulong, SectionView> _views = [];
    private readonly AddressWindow _backing = new(kernel.Memory, 0xFFFF_D800_0000_0000, 0xFFFF_DA00_0000_0000);
    private readonly AddressWindow _systemViews = new(kernel.Memory, 0xFFFF_DA00_0000_0000, 0xFFFF_DB00_0000_0000);
    private readonly AddressWindow _userViews = new(kernel.Memory, 0x0000_0200_0000_0000, 0x0000_0300_0000_0000);

    /// <summary>The views, by their first address.</summary>
    public IReadOnlyDictionary<ulong, SectionView> Views => _views;

    /// <summary>Makes a section.</summary>
    /// <param name="name">Its full name; empty for none.</param>
    /// <param name="size">Its bytes; 0 for the file's size.</param>
    /// <param name="protection">The page protection that was asked for.</param>
    /// <param name="file">The file that backs it; null for the paging file.</param>
    /// <param name="item">The section's object with one reference.</param>
    public NtStatus Create(string name, ulong size, uint protection, OpenFile? file, out KernelObject? item)
    {
        item = null;
        if (name.Length > 0 && kernel.Objects.Resolve(name, out var rest) is not null && rest.Length == 0)
        {
            return NtStatus.ObjectNameCollision;
        }

        var stored = file?.Node?.LengthOf(file.Stream) ?? 0;
        size = size == 0 ? (ulong)stored : size;
        if (size is 0 or > LabLimits.DataBytes)
        {
            return file is not null && size == 0 ? NtStatus.MappedFileSizeZero : NtStatus.SectionTooBig;
        }

        if (file is not null && Synchronize(file, MajorFunction.AcquireForSectionSynchronization, protection) is var denied && (int)denied < 0)
        {
            return denied;
        }

        var bytes = (size + GuestMemory.PageSize - 1) & ~(GuestMemory.PageSize - 1);
        if (_backing.Find(bytes) is not { } place)
        {
            return NtStatus.InsufficientResources;
        }

        kernel.Verifier.ChargeBytes(bytes);
        var region = kernel.Memory.Map("section", place, bytes, MemoryAccess.ReadWrite);
        var section = new Section(region, size, file);
        if (file is not null)
        {
            if (stored > 0)
            {
                _ = kernel.Files.Read(file, 0, region.Start, (uint)Math.Min((ulong)stored, bytes), PagingIo);
            }

            section.Stored = kernel.Memory.Span(region.Start, (int)size).ToArray();
            kernel.Objects.Reference(file.FileObject);
            _ = Synchronize(file, MajorFunction.ReleaseForSectionSynchronization, protection);
        }

        item = kernel.Objects.Create(ObjectKind.Section, 0x40, name.Length == 0 ? null : name);
        item.State = section;
        item.Deleted = () => Delete(section);
        return NtStatus.Success;
    }

    /// <summary>Maps a section.</summary>
    /// <param name="item">The section's object.</param>
    /// <param name="isSystem">Whether it is mapped in the system's part of the address space.</param>
    /// <param name="caller">The place of the call.</param>
    /// <returns>The first address; 0 if there is no room for another view.</returns>
    public ulong Map(KernelObject item, bool isSystem, ulong caller)
    {
        var section = (Section)item.State!;
        kernel.Verifier.ChargeBytes(section.Region.Size);
        if (_views.Count >= LabLimits.Views || (isSystem ? _systemViews : _userViews).Find(section.Region.Size) is not { } address)
        {
            return 0;
        }

        kernel.Memory.MapAlias("section view", address, section.Region);
        kernel.Objects.Reference(item);
        _views.Add(address, new SectionView(item, section.Size, kernel.Drivers.At(caller), kernel.Traces.Capture()));
        if (!isSystem)
        {
            kernel.Verifier.Mapped(address, section.Region.Size);
        }

        return address;
    }

    /// <summary>Takes a view away.</summary>
    public NtStatus Unmap(ulong address)
    {
        if (!_views.Remove(address, out var view))
        {
            return NtStatus.NotMappedView;
        }

        kernel.Memory.UnmapAlias(address);
        kernel.Verifier.Unmapped(address);
        WriteBack((Section)view.Section.State!);
        kernel.Objects.Dereference(view.Section);
        return NtStatus.Success;
    }

    /// <summary>Takes all views of a driver away; used when it is gone.</summary>
    public void UnmapAll(LoadedDriver driver)
    {
        foreach (var address in _views.Where(view => view.Value.Owner == driver).Select(view => view.Key).ToArray())
        {
            Unmap(address);
        }
    }

    private NtStatus Synchronize(OpenFile file, MajorFunction major, uint protection)
    {
        const uint CreateSection = 1;
        return kernel.Filters.Callbacks.Do(
            file, major,
            parameters =>
            {
                kernel.Memory.WriteUInt32(parameters, CreateSection);
                kernel.Memory.WriteUInt32(parameters + 4, protection);
            },
            _ => (NtStatus.Success, 0)).Status;
    }

    private void WriteBack(Section section)
    {
        if (section.File is { } file && !kernel.Memory.Span(section.Region.Start, (int)section.Size).SequenceEqual(section.Stored))
        {
            section.Stored = kernel.Memory.Span(section.Region.Start, (int)section.Size).ToArray();
            _ = kernel.Files.Write(file, 0, section.Region.Start, (uint)section.Size, PagingIo);
        }
    }

    private void Delete(Section section)
    {
        kernel.Memory.Unmap(section.Region);
        if (section.File is { } file)
        {
            kernel.Objects.Dereference(file.FileObject);
        }
    }
}
