using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Filters;
using NtScope.Lab.Executive.Objects;

namespace NtScope.Lab.Executive.Sections;

/// <summary>Zw and Mm routines for sections.</summary>
internal sealed class SectionApis(LabKernel kernel) : IApiFamily
{
    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("ZwCreateSection", Irql.Passive, Create);
        table.Status("ZwOpenSection", Irql.Passive, Open);
        table.Status("ZwMapViewOfSection", Irql.Passive, MapForProcess);
        table.Status("ZwUnmapViewOfSection", Irql.Passive, (in ApiCall call) => kernel.Sections.Unmap(call[1]));
        table.Status("MmMapViewInSystemSpace", Irql.Passive, MapForSystem);
        table.Status("MmUnmapViewInSystemSpace", Irql.Passive, (in ApiCall call) => kernel.Sections.Unmap(call[0]));
    }

    private KernelObject? SectionOf(ulong handle) => kernel.Objects.FindHandle(handle)?.Object is { State: Section } item ? item : null;

    private NtStatus Create(in ApiCall call)
    {
        if (kernel.Faults.ShouldFail("ZwCreateSection", call.ReturnAddress))
        {
            return NtStatus.InsufficientResources;
        }

        var attributes = ObjectAttributes.Read(kernel.Memory, call[2]);
        var file = kernel.Objects.FindHandle(call[6])?.Object.State as OpenFile;
        if (call[6] != 0 && file is null)
        {
            return NtStatus.InvalidHandle;
        }

        var size = call[3] == 0 ? 0 : kernel.Memory.ReadUInt64(call[3]);
        var status = kernel.Sections.Create(attributes.Name, size, call.UInt32(4), file, out var item);
        return item is null ? status : Give(call, item, attributes);
    }

    private NtStatus Open(in ApiCall call)
    {
        var attributes = ObjectAttributes.Read(kernel.Memory, call[2]);
        if (kernel.Objects.Resolve(attributes.Name, out var rest) is not { State: Section } item || rest.Length > 0)
        {
            return NtStatus.ObjectNameNotFound;
        }

        kernel.Objects.Reference(item);
        return Give(call, item, attributes);
    }

    private NtStatus Give(in ApiCall call, KernelObject item, ObjectAttributes attributes)
    {
        kernel.Memory.WriteUInt64(call[0], kernel.Objects.Open(item, call.UInt32(1), attributes.WantsKernelHandle, call.ReturnAddress));
        kernel.Objects.Dereference(item);
        return NtStatus.Success;
    }

    private NtStatus MapForProcess(in ApiCall call)
    {
        if (SectionOf(call[0]) is not { } item)
        {
            return NtStatus.InvalidHandle;
        }

        if (kernel.Memory.ReadUInt64(call[2]) != 0 || (call[5] != 0 && kernel.Memory.ReadUInt64(call[5]) != 0))
        {
            throw kernel.Stop("unimplemented", $"{call.Entry.Name} maps whole sections at addresses of its own choice", call.Entry.Name);
        }

        return Map(call, item, isSystem: false, call[2], call[6]);
    }

    private NtStatus MapForSystem(in ApiCall call) =>
        kernel.Objects.Find(call[0]) is { State: Section } item ? Map(call, item, isSystem: true, call[1], call[2]) : NtStatus.InvalidParameter;

    private NtStatus Map(in ApiCall call, KernelObject item, bool isSystem, ulong result, ulong size)
    {
        if (kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress))
        {
            return NtStatus.InsufficientResources;
        }

        var address = kernel.Sections.Map(item, isSystem, call.ReturnAddress);
        if (address == 0)
        {
            return NtStatus.NoMemory;
        }

        kernel.Memory.WriteUInt64(result, address);
        kernel.Memory.WriteUInt64(size, ((Section)item.State!).Region.Size);
        return NtStatus.Success;
    }
}
