using NtScope.Lab.Executive;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Pool;
using NtScope.Lab.Executive.Synchronization;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Drivers;

/// <summary>Looks for what a driver left behind.</summary>
internal static class LeakCheck
{
    /// <summary>Reports what is left.</summary>
    public static void Run(LabKernel kernel, LoadedDriver driver, ulong driverObject)
    {
        void Report(string kind, string detail, StackTrace? origin) => kernel.Verifier.ReportLeft(kind, detail, driver, origin);
        string Place(StackTrace? origin) => origin is null ? "the machine" : kernel.Drivers.Describe(origin.Place);
        foreach (var device in kernel.Devices.DevicesOf(driverObject))
        {
            Report("device-left", $"device {kernel.Objects.Find(device)?.Name ?? "without a name"} is not deleted", kernel.Objects.Find(device)?.Origin);
        }

        foreach (var request in kernel.Requests.HeldBy(driver))
        {
            Report("irp-never-completed", $"IRP 0x{request.Irp:x} is still in the driver", request.HeldSince(driver));
        }

        foreach (var (name, link) in kernel.Objects.Links)
        {
            if (link.Owner == driver)
            {
                Report("symbolic-link-left", $"symbolic link {name} is not deleted", link.Origin);
            }
        }

        foreach (var routine in kernel.Processes.Notify.All)
        {
            if (routine.Owner == driver)
            {
                Report("callback-left", $"{routine.Kind} notify routine {kernel.Drivers.Describe(routine.Address)} is still registered", routine.Origin);
            }
        }

        foreach (var callback in kernel.Processes.Callbacks.All)
        {
            if (callback.Owner == driver)
            {
                Report("callback-left", $"an object callback at altitude {callback.Altitude} is still registered", callback.Origin);
            }
        }

        foreach (var item in kernel.CallbackRegistrations.Values.Distinct())
        {
            foreach (var routine in ((CallbackObject)item.State!).Routines.Where(routine => routine.Owner == driver))
            {
                Report("callback-left", $"{kernel.Drivers.Describe(routine.Routine)} is still registered with callback object {item.Name ?? "without a name"}", routine.Origin);
            }
        }

        foreach (var callback in kernel.SystemCallbacks.All.Where(callback => callback.Owner == driver))
        {
            Report("callback-left", $"{kernel.Drivers.Describe(callback.Routine)} is still registered for {callback.Event}", callback.Origin);
        }

        NetworkLeakCheck.Run(kernel, driver);
        foreach (var apc in kernel.Apcs.Pending.Where(apc => kernel.Drivers.At(kernel.Apcs.RoutineOf(apc)) == driver).ToArray())
        {
            Report("apc-left", $"the APC at 0x{apc:x} with {kernel.Drivers.Describe(kernel.Apcs.RoutineOf(apc))} is still queued", kernel.Apcs.OriginOf(apc));
        }

        foreach (var callback in kernel.RegistryCallbacks.All)
        {
            if (callback.Owner == driver)
            {
                Report("callback-left", $"registry callback {kernel.Drivers.Describe(callback.Routine)} is still registered", callback.Origin);
            }
        }

        if (kernel.Filters.FindOwner(driver) is { } filter)
        {
            Report("callback-left", "the minifilter is still registered", filter.Origin);
        }

        foreach (var (port, origin) in kernel.Filters.Ports.OwnedBy(driver))
        {
            Report("port-left", port, origin);
        }

        foreach (var (address, timer) in kernel.Timers)
        {
            if (timer.Origin?.Driver == driver)
            {
                Report("timer-left", $"the timer at 0x{address:x} is still set; {Place(timer.Origin)} set it", timer.Origin);
                timer.Entry.Cancel();
            }
        }

        foreach (var (address, timer) in kernel.ExtendedTimers)
        {
            if (timer.Origin?.Driver == driver)
            {
                Report("timer-left", $"the timer at 0x{address:x} is not deleted{(timer.Entry is null ? string.Empty : " and still set")}; {Place(timer.Origin)} allocated it", timer.Origin);
            }
        }

        foreach (var (address, view) in kernel.Sections.Views)
        {
            if (view.Owner == driver)
            {
                Report("view-left", $"the view of a section at 0x{address:x} is not unmapped; {Place(view.Origin)} mapped it", view.Origin);
            }
        }

        foreach (var block in kernel.Pool.OwnedBy(driver).ToArray())
        {
            if (block.Tag == PoolManager.TagOf("Mdl ") && block.Origin is { Routine: "IoAllocateMdl" })
            {
                Report("mdl-leak", $"an MDL{(kernel.Mdls.IsLocked(block.Address) ? " with locked pages" : string.Empty)} is not freed; {Place(block.Origin)} allocated it", block.Origin);
                continue;
            }

            if (kernel.Requests.All.TryGetValue(block.Address, out var made) && !made.IsInDriverMemory)
            {
                Report("irp-leak", $"an IRP is not {(made.IsOwnedByExecutive ? "sent" : "freed")}; {Place(block.Origin)} allocated it", block.Origin);
                continue;
            }

            if (kernel.ExtendedTimers.ContainsKey(block.Address))
            {
                continue;
            }

            Report("pool-leak", $"0x{block.Size:x} bytes of {(block.Kind == PoolKind.Paged ? "paged" : "nonpaged")} pool with tag '{PoolManager.Describe(block.Tag)}' are not freed; {Place(block.Origin)} allocated them", block.Origin);
        }

        foreach (var (number, handle) in kernel.Objects.Handles)
        {
            if (handle.Owner == driver)
            {
                Report("handle-leak", $"handle 0x{number:x} to a {handle.Object.Kind} is not closed; {Place(handle.Origin)} opened it", handle.Origin);
            }
        }

        foreach (var (item, count, origin) in kernel.Objects.ReferencesBy(driver).ToArray())
        {
            Report("object-leak", $"{count} references to {(item is null ? "an object" : $"a {item.Kind}")} are not given back; {Place(origin)} took the last", origin);
        }

        foreach (var (item, count, origin) in kernel.Objects.ReturnedBy(driver).ToArray())
        {
            Report("bad-reference", $"{count} more references to {(item is null ? "an object" : $"a {item.Kind}")} are given back than were taken; {Place(origin)} gave the last one back", origin);
        }

        foreach (var thread in kernel.Threads.All)
        {
            if (kernel.Threads.RunsIn(thread, driver))
            {
                Report("thread-left", $"system thread {thread.Id} still runs in the driver", thread.Origin);
            }
        }
    }
}
