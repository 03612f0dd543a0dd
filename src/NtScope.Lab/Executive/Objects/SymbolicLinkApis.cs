using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Objects;

/// <summary>Symbolic links of the namespace, opened and read.</summary>
internal sealed class SymbolicLinkApis(LabKernel kernel) : IApiFamily
{
    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("ZwOpenSymbolicLinkObject", Irql.Passive, Open);
        table.Status("ZwQuerySymbolicLinkObject", Irql.Passive, Query);
    }

    private NtStatus Open(in ApiCall call)
    {
        var attributes = ObjectAttributes.Read(kernel.Memory, call[2]);
        if (kernel.Objects.LinkTarget(attributes.Name) is not { } target)
        {
            return kernel.Objects.Resolve(attributes.Name, out var rest) is not null && rest.Length == 0 ? NtStatus.ObjectTypeMismatch : NtStatus.ObjectNameNotFound;
        }

        var item = kernel.Objects.Create(ObjectKind.SymbolicLink, 0x20);
        item.State = target;
        kernel.Memory.WriteUInt64(call[0], kernel.Objects.Open(item, call.UInt32(1), attributes.WantsKernelHandle, call.ReturnAddress));
        kernel.Objects.Dereference(item);
        return NtStatus.Success;
    }

    private NtStatus Query(in ApiCall call)
    {
        if (kernel.Objects.FindHandle(call[0])?.Object is not { Kind: ObjectKind.SymbolicLink, State: string target })
        {
            return NtStatus.InvalidHandle;
        }

        var memory = kernel.Memory;
        if (call[2] != 0)
        {
            memory.WriteUInt32(call[2], (uint)target.Length * 2);
        }

        if (memory.ReadUInt16(call[1] + 2) < target.Length * 2)
        {
            return NtStatus.BufferTooSmall;
        }

        memory.Write(memory.ReadUInt64(call[1] + 8), System.Text.Encoding.Unicode.GetBytes(target));
        memory.WriteUInt16(call[1], (ushort)(target.Length * 2));
        return NtStatus.Success;
    }
}
