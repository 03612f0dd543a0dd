using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>What drivers import from WDFLDR.SYS; all else of the framework they call through the table that they get there.</summary>
internal sealed class FrameworkLoaderApis(LabKernel kernel) : IApiFamily
{
    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("WdfVersionBind", Irql.Passive, (in ApiCall call) => kernel.Faults.ShouldFail("WdfVersionBind", call.ReturnAddress)
            ? Drivers.NtStatus.InsufficientResources
            : kernel.Framework.Bind(call[0], call[2], call[3]));
        table.Status("WdfVersionUnbind", Irql.Passive, (in ApiCall call) => kernel.Framework.Unbind(call[2]));
    }
}
