using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Filters;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Registry;

namespace NtScope.Lab.Executive.Objects;

/// <summary>Ob routines and ZwClose.</summary>
internal sealed class ObjectApis(LabKernel kernel) : IApiFamily
{
    private const uint KernelHandle = 0x200;

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
        table.Status("ZwDuplicateObject", Irql.Passive, DuplicateObject);
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

        var isKernel = (call.UInt32(1) & KernelHandle) != 0;
        var granted = kernel.Processes.Callbacks.Open(item, call.UInt32(3), isKernel);
        kernel.Memory.WriteUInt64(call[6], kernel.Objects.Open(item, granted, isKernel, call.ReturnAddress));
        return NtStatus.Success;
    }

    // The machine has one handle table: source and target say only who is told of it.
    private NtStatus DuplicateObject(in ApiCall call)
    {
        const uint CloseSource = 1;
        const uint SameAccess = 2;
        if (kernel.Objects.FindHandle(call[1]) is not { } handle)
        {
            return NtStatus.InvalidHandle;
        }

        var options = call.UInt32(6);
        if (call[3] != 0)
        {
            var isKernel = (call.UInt32(5) & KernelHandle) != 0;
            var access = (options & SameAccess) != 0 ? handle.Access : call.UInt32(4);
            var granted = kernel.Processes.Callbacks.Duplicate(handle.Object, access, isKernel, ProcessOf(call[0]), ProcessOf(call[2]));
            kernel.Memory.WriteUInt64(call[3], kernel.Objects.Open(handle.Object, granted, isKernel, call.ReturnAddress));
        }

        return (options & CloseSource) != 0 ? kernel.Objects.Close(call[1]) : NtStatus.Success;
    }

    private ulong ProcessOf(ulong handle) =>
        kernel.Objects.FindHandle(handle) is { Object.Kind: ObjectKind.Process } open ? open.Object.Address : kernel.Threads.Current.Process;

    private string NameOf(KernelObject item)
    {
        if (item.State is RegistryKey key)
        {
            return key.Path;
        }

        if (item.Kind != ObjectKind.File)
        {
            return item.Name ?? string.Empty;
        }

        var device = item.State is OpenFile ? FileOperations.VolumeDevice : kernel.Objects.Find(kernel.Memory.ReadUInt64(item.Address + IoLayout.FileDevice))?.Name;
        return device + kernel.Memory.ReadUnicodeString(item.Address + IoLayout.FileName);
    }

    private NtStatus QueryNameString(in ApiCall call)
    {
        var name = NameOf(kernel.Objects.Get(call[0]));
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
