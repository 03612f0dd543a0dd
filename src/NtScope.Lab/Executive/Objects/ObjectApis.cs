using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Objects;

/// <summary>Ob routines and ZwClose.</summary>
internal sealed class ObjectApis(LabKernel kernel) : IApiFamily
{
    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Add("ObfReferenceObject", Irql.Dispatch, ReferenceObject);
        table.Add("ObfDereferenceObject", Irql.Dispatch, DereferenceObject);
        table.Alias("ObfDereferenceObject", "ObDereferenceObjectDeferDelete", "ObDereferenceObject");
        table.Status("ObReferenceObjectByHandle", Irql.Passive, ReferenceObjectByHandle);
        table.Status("ObReferenceObjectByPointer", Irql.Dispatch, ReferenceObjectByPointer);
        table.Status("ObOpenObjectByPointer", Irql.Passive, OpenObjectByPointer);
        table.Add("ObGetObjectType", Irql.Dispatch, (in ApiCall call) => kernel.Objects.TypeOf(kernel.Objects.Get(call[0]).Kind));
        table.Status("ObQueryNameString", Irql.Passive, QueryNameString);
        table.Status("ZwClose", Irql.Passive, Close);
        table.Alias("ZwClose", "NtClose", "ObCloseHandle");
    }

    private ulong ReferenceObject(in ApiCall call)
    {
        var item = kernel.Objects.Get(call[0]);
        kernel.Objects.Reference(item, call.ReturnAddress);
        return (ulong)item.References;
    }

    private ulong DereferenceObject(in ApiCall call)
    {
        var item = kernel.Objects.Get(call[0]);
        kernel.Objects.Dereference(item, call.ReturnAddress);
        return (ulong)item.References;
    }

    private NtStatus ReferenceObjectByHandle(in ApiCall call)
    {
        var handle = call[0];
        var objects = kernel.Objects;
        var item = handle switch
        {
            ulong.MaxValue => objects.Get(kernel.Threads.Current.Process),
            ulong.MaxValue - 1 => objects.Get(kernel.Threads.Current.Thread),
            _ => objects.FindHandle(handle)?.Object,
        };
        if (item is null)
        {
            return NtStatus.InvalidHandle;
        }

        if (call[2] != 0 && objects.TypeOf(item.Kind) != call[2])
        {
            return NtStatus.ObjectTypeMismatch;
        }

        if (call.Byte(3) != 0 && objects.FindHandle(handle) is { IsKernel: true })
        {
            return NtStatus.AccessDenied;
        }

        objects.Reference(item, call.ReturnAddress);
        kernel.Memory.WriteUInt64(call[4], item.Address);
        return NtStatus.Success;
    }

    private NtStatus ReferenceObjectByPointer(in ApiCall call)
    {
        var item = kernel.Objects.Get(call[0]);
        if (call[2] != 0 && kernel.Objects.TypeOf(item.Kind) != call[2])
        {
            return NtStatus.ObjectTypeMismatch;
        }

        kernel.Objects.Reference(item, call.ReturnAddress);
        return NtStatus.Success;
    }

    private NtStatus OpenObjectByPointer(in ApiCall call)
    {
        var item = kernel.Objects.Get(call[0]);
        if (call[4] != 0 && kernel.Objects.TypeOf(item.Kind) != call[4])
        {
            return NtStatus.ObjectTypeMismatch;
        }

        var handle = kernel.Objects.Open(item, call.UInt32(3), (call.UInt32(1) & 0x200) != 0, call.ReturnAddress);
        kernel.Memory.WriteUInt64(call[6], handle);
        return NtStatus.Success;
    }

    private NtStatus QueryNameString(in ApiCall call)
    {
        var name = kernel.Objects.Get(call[0]).Name ?? string.Empty;
        var needed = 16 + ((uint)name.Length * 2) + 2;
        kernel.Memory.WriteUInt32(call[3], needed);
        if (call.UInt32(2) < needed)
        {
            return NtStatus.InfoLengthMismatch;
        }

        kernel.Memory.WriteString(call[1] + 16, name);
        kernel.Memory.WriteUnicodeString(call[1], name.Length == 0 ? 0 : call[1] + 16, name.Length * 2, name.Length == 0 ? 0 : (name.Length * 2) + 2);
        return NtStatus.Success;
    }

    private NtStatus Close(in ApiCall call)
    {
        var status = kernel.Objects.Close(call[0]);
        if (status == NtStatus.InvalidHandle)
        {
            kernel.Verifier.Report("bad-handle", $"handle 0x{call[0]:x} is closed and is not open", call.Entry.Name);
        }

        return status;
    }
}
