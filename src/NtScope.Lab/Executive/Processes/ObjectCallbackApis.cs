using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Processes;

/// <summary>ObRegisterCallbacks and ObUnRegisterCallbacks.</summary>
internal sealed class ObjectCallbackApis(LabKernel kernel) : IApiFamily
{
    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("ObRegisterCallbacks", Irql.Apc, RegisterCallbacks);
        table.Void("ObUnRegisterCallbacks", Irql.Apc, UnregisterCallbacks);
        table.Add("ObGetFilterVersion", Irql.Apc, (in ApiCall _) => 0x0100);
    }

    private NtStatus RegisterCallbacks(in ApiCall call)
    {
        if (kernel.Faults.ShouldFail("ObRegisterCallbacks", call.ReturnAddress))
        {
            return NtStatus.InsufficientResources;
        }

        var status = kernel.Processes.Callbacks.Register(call[0], call.ReturnAddress, out var handle);
        if (status == NtStatus.Success)
        {
            kernel.Memory.WriteUInt64(call[1], handle);
        }

        return status;
    }

    private void UnregisterCallbacks(in ApiCall call)
    {
        if (!kernel.Processes.Callbacks.Unregister(call[0]))
        {
            kernel.Verifier.Report("bad-handle", $"0x{call[0]:x} is no registration of object callbacks", call.Entry.Name);
        }
    }
}
