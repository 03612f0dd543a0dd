using NtScope.Lab.Executive;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Pool;
using NtScope.Lab.Executive.Synchronization;

namespace NtScope.Lab.Drivers;

/// <summary>Looks for what a driver left behind.</summary>
internal static class LeakCheck
{
    /// <summary>Reports what is left.</summary>
    public static void Run(LabKernel kernel, LoadedDriver driver, ulong driverObject)
    {
        void Report(string kind, string detail) => kernel.Verifier.Report(kind, detail, null, 0, driver.Name);
        foreach (var device in kernel.Devices.DevicesOf(driverObject))
        {
            Report("device-left", $"device {kernel.Objects.Find(device)?.Name ?? "without a name"} is not deleted");
        }

        foreach (var irp in kernel.Requests.HeldBy(driver))
        {
            Report("irp-never-completed", $"IRP 0x{irp:x} is still in the driver");
        }

        foreach (var (name, link) in kernel.Objects.Links)
        {
            if (link.Owner == driver)
            {
                Report("symbolic-link-left", $"symbolic link {name} is not deleted");
            }
        }

        foreach (var routine in kernel.Processes.Notify.All)
        {
            if (routine.Owner == driver)
            {
                Report("callback-left", $"{routine.Kind} notify routine {kernel.Drivers.Describe(routine.Address)} is still registered");
            }
        }

        foreach (var callback in kernel.Processes.Callbacks.All)
        {
            if (callback.Owner == driver)
            {
                Report("callback-left", $"an object callback at altitude {callback.Altitude} is still registered");
            }
        }

        foreach (var item in kernel.CallbackRegistrations.Values.Distinct())
        {
            foreach (var routine in ((CallbackObject)item.State!).Routines.Where(routine => routine.Owner == driver))
            {
                Report("callback-left", $"{kernel.Drivers.Describe(routine.Routine)} is still registered with callback object {item.Name ?? "without a name"}");
            }
        }

        foreach (var callback in kernel.SystemCallbacks.All.Where(callback => callback.Owner == driver))
        {
            Report("callback-left", $"{kernel.Drivers.Describe(callback.Routine)} is still registered for {callback.Event}");
        }

        NetworkLeakCheck.Run(kernel, driver);
        foreach (var apc in kernel.Apcs.Pending.Where(apc => kernel.Drivers.At(kernel.Apcs.RoutineOf(apc)) == driver).ToArray())
        {
            Report("apc-left", $"the APC at 0x{apc:x} with {kernel.Drivers.Describe(kernel.Apcs.RoutineOf(apc))} is still queued");
        }

        foreach (var callback in kernel.RegistryCallbacks.All)
        {
            if (callback.Owner == driver)
            {
                Report("callback-left", $"registry callback {kernel.Drivers.Describe(callback.Routine)} is still registered");
            }
        }

        if (kernel.Filters.FindOwner(driver) is not null)
        {
            Report("callback-left", "the minifilter is still registered");
        }

        foreach (var port in kernel.Filters.Ports.OwnedBy(driver))
        {
            Report("port-left", port);
        }

        foreach (var (address, timer) in kernel.Timers)
        {
            if (kernel.Drivers.At(timer.SetAt) == driver)
            {
                Report("timer-left", $"the timer at 0x{address:x} is still set; {kernel.Drivers.Describe(timer.SetAt)} set it");
                timer.Entry.Cancel();
            }
        }

        foreach (var (address, view) in kernel.Sections.Views)
        {
            if (view.Owner == driver)
            {
                Report("view-left", $"the view of a section at 0x{address:x} is not unmapped; {kernel.Drivers.Describe(view.MappedAt)} mapped it");
            }
        }

        foreach (var block in kernel.Pool.OwnedBy(driver).ToArray())
        {
            Report("pool-leak", $"0x{block.Size:x} bytes of {(block.Kind == PoolKind.Paged ? "paged" : "nonpaged")} pool with tag '{PoolManager.Describe(block.Tag)}' are not freed; {kernel.Drivers.Describe(block.AllocatedAt)} allocated them");
        }

        foreach (var (number, handle) in kernel.Objects.Handles)
        {
            if (handle.Owner == driver)
            {
                Report("handle-leak", $"handle 0x{number:x} to a {handle.Object.Kind} is not closed; {kernel.Drivers.Describe(handle.OpenedAt)} opened it");
            }
        }

        foreach (var (item, count, at) in kernel.Objects.ReferencesBy(driver).ToArray())
        {
            Report("object-leak", $"{count} references to {(item is null ? "an object" : $"a {item.Kind}")} are not given back; {kernel.Drivers.Describe(at)} took the last");
        }

        foreach (var thread in kernel.Threads.All)
        {
            if (thread.Host is not null && (kernel.Drivers.At(thread.Trap.CallerRip) == driver || thread.Invocations.Any(call => kernel.Drivers.At(call.CallerRip) == driver)))
            {
                Report("thread-left", $"system thread {thread.Id} still runs in the driver");
            }
        }
    }
}
