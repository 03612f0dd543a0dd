using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Configuration;
using NtScope.Lab.Executive.Debugging;
using NtScope.Lab.Executive.DriverFramework;
using NtScope.Lab.Executive.Filters;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Network;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Executive.Pool;
using NtScope.Lab.Executive.Processes;
using NtScope.Lab.Executive.Rtl;
using NtScope.Lab.Executive.Sections;
using NtScope.Lab.Executive.Synchronization;
using NtScope.Lab.Executive.SystemServices;

namespace NtScope.Lab.Executive;

/// <summary>All families of routines.</summary>
internal static class ApiFamilies
{
    /// <summary>Has each family add its routines.</summary>
    public static void Register(LabKernel kernel, ApiTable table)
    {
        IApiFamily[] families =
        [
            new ObjectApis(kernel), new ProcessApis(kernel), new NotifyApis(kernel), new ObjectCallbackApis(kernel),
            new DeviceApis(kernel), new IrpApis(kernel), new MdlApis(kernel), new PoolApis(kernel), new QuotaApis(kernel),
            new EventApis(kernel), new ApcApis(kernel), new LockApis(kernel), new ResourceApis(kernel), new TimerApis(kernel), new WorkItemApis(kernel),
            new UnicodeStringApis(kernel), new MemoryApis(kernel), new CharacterApis(kernel), new AvlTableApis(kernel),
            new FilterApis(kernel), new FileNameApis(kernel), new ContextApis(kernel), new FileApis(kernel),
            new RegistryApis(kernel), new SymbolicLinkApis(kernel), new SectionApis(kernel), new AttachApis(kernel), new RequestBuilderApis(kernel),
            new CancelSafeQueueApis(kernel), kernel.Shutdown, kernel.BugChecks, kernel.Notifications,
            new EngineApis(kernel), new CalloutApis(kernel),
            new ExtendedTimerApis(kernel), new CallbackObjectApis(kernel), new RundownApis(kernel), new DebugApis(kernel), new SystemApis(kernel),
            new SystemInformationApis(kernel), new PageableImageApis(kernel),
            new FrameworkLoaderApis(kernel), new FrameworkDriverApis(kernel), new DeviceInitApis(kernel), new FrameworkDeviceApis(kernel),
            new FrameworkObjectApis(kernel), new FrameworkQueueApis(kernel), new FrameworkRequestApis(kernel), new FrameworkSendApis(kernel),
            new FrameworkMemoryApis(kernel), new FrameworkLockApis(kernel), new FrameworkTimerApis(kernel), new FrameworkDeferredApis(kernel),
            new FrameworkTextApis(kernel), new FrameworkRegistryApis(kernel),
        ];
        foreach (var family in families)
        {
            family.Register(table);
        }
    }
}
