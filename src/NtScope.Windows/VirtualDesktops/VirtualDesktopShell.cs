using System.Runtime.Versioning;
using NtScope.Knowledge;
using NtScope.Windows.Interop;
using NtScope.Windows.Management;

namespace NtScope.Windows.VirtualDesktops;

/// <summary>
/// The shell's virtual desktop service. Its documented part tells on which desktop a window is; switching and moving windows of other
/// programs need the internal interfaces, which are asked for by the identifiers of this very build and not called if any is unknown.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class VirtualDesktopShell : IDisposable
{
    private const uint LocalServer = 4;
    private const uint AllServers = 0x17;
    private const int QueryServiceSlot = 3;
    private const int WindowDesktopIdSlot = 4;
    private const int ArrayCountSlot = 3;
    private const int ArrayItemSlot = 4;
    private const int DesktopIdSlot = 4;
    private const int ViewForWindowSlot = 6;
    private const uint MostDesktops = 256;

    private static readonly (int Build, int Revision)[] AskedBuilds = [(26100, 0), (22631, 3155), (22631, 2428), (22000, 0), (20348, 0), (19045, 0)];

    private readonly ComPointer _manager;
    private readonly int _build = Environment.OSVersion.Version.Build;

    private VirtualDesktopShell(ComPointer manager) => _manager = manager;

    /// <summary>Connects; COM must be initialised on the thread.</summary>
    /// <exception cref="DesktopException">This system's shell has no virtual desktops.</exception>
    public static VirtualDesktopShell Connect()
    {
        _ = Ole32.CoInitializeEx(0, 0);
        var identifiers = KnowledgeBase.Embedded.VirtualDesktops;
        var interfaceId = identifiers.InterfacesFor(int.MaxValue, 0)!["IVirtualDesktopManager"];
        var result = Ole32.CoCreateInstance(identifiers.Classes["VirtualDesktopManager"], 0, AllServers, interfaceId, out var manager);
        return result >= 0 && manager != 0
            ? new VirtualDesktopShell(new ComPointer(manager))
            : throw new DesktopException($"the shell here has no virtual desktops (VirtualDesktopManager answers 0x{result:x8}); real desktops: \"ntscope desktops\"");
    }

    /// <summary>The desktop that a window is on; null if the shell does not manage it.</summary>
    public Guid? DesktopOf(nint window)
    {
        Guid id;
        var result = ((delegate* unmanaged[Stdcall]<nint, nint, Guid*, int>)_manager.Slot(WindowDesktopIdSlot))(_manager.Value, window, &id);
        return result >= 0 && id != Guid.Empty ? id : null;
    }

    /// <summary>Shows a desktop.</summary>
    /// <exception cref="DesktopException">The internal interfaces of this build are not known or do not answer.</exception>
    public void Switch(Guid desktop) => WithInternal((manager, slots, _, identifiers) =>
    {
        using var target = FindDesktop(manager, slots, identifiers, desktop);
        var slot = manager.Slot(slots.SwitchDesktop);
        Check(
            slots.TakesMonitor
                ? ((delegate* unmanaged[Stdcall]<nint, nint, nint, int>)slot)(manager.Value, 0, target.Value)
                : ((delegate* unmanaged[Stdcall]<nint, nint, int>)slot)(manager.Value, target.Value),
            "SwitchDesktop");
    });

    /// <summary>Puts a window on a desktop, whoever's it is.</summary>
    /// <exception cref="DesktopException">The internal interfaces of this build are not known or do not answer.</exception>
    public void Move(nint window, Guid desktop) => WithInternal((manager, slots, provider, identifiers) =>
    {
        using var views = QueryService(provider, identifiers["IApplicationViewCollection"], identifiers["IApplicationViewCollection"]);
        nint found;
        var result = ((delegate* unmanaged[Stdcall]<nint, nint, nint*, int>)views.Slot(ViewForWindowSlot))(views.Value, window, &found);
        using var view = ComPointer.Take(result, found, "GetViewForHwnd");
        using var target = FindDesktop(manager, slots, identifiers, desktop);
        Check(
            ((delegate* unmanaged[Stdcall]<nint, nint, nint, int>)manager.Slot(ManagerInternalSlots.MoveViewToDesktop))(manager.Value, view.Value, target.Value),
            "MoveViewToDesktop");
    });

    public void Dispose() => _manager.Dispose();

    private delegate void InternalWork(ComPointer manager, ManagerInternalSlots slots, ComPointer provider, IReadOnlyDictionary<string, Guid> identifiers);

    private void WithInternal(InternalWork work)
    {
        var known = KnowledgeBase.Embedded.VirtualDesktops;
        var revision = (int)(Registry.ReadDword(Registry.LocalMachine, @"Software\Microsoft\Windows NT\CurrentVersion", "UBR") ?? 0);
        try
        {
            var shellInterface = known.InterfacesFor(int.MaxValue, 0)!["IServiceProvider"];
            var result = Ole32.CoCreateInstance(known.Classes["ImmersiveShell"], 0, LocalServer, shellInterface, out var shell);
            using var provider = ComPointer.Take(result, shell, "ImmersiveShell");

            // Updates bring a later build's interface to an earlier one, so this build's is asked for first and then the others'.
            foreach (var (build, update) in AskedBuilds.Prepend((_build, revision)))
            {
                if (known.InterfacesFor(build, update) is { } identifiers
                    && ManagerInternalSlots.For(identifiers["IVirtualDesktopManagerInternal"], _build) is { } slots
                    && TryQueryService(provider, known.Classes["VirtualDesktopManagerInternal"], identifiers["IVirtualDesktopManagerInternal"]) is { } manager)
                {
                    using (manager)
                    {
                        work(manager, slots, provider, identifiers);
                        return;
                    }
                }
            }
        }
        catch (ComFailure refused)
        {
            throw new DesktopException($"the shell of build {_build}.{revision} does not answer as expected ({refused.Message}: 0x{refused.Result:x8}); Task View (Win+Tab) does it by hand");
        }

        throw new DesktopException($"the shell of build {_build}.{revision} answers to none of the internal interfaces that are known here, and nothing unknown is called; Task View (Win+Tab) does it by hand");
    }

    private static ComPointer? TryQueryService(ComPointer provider, Guid service, Guid interfaceId)
    {
        try
        {
            return QueryService(provider, service, interfaceId);
        }
        catch (ComFailure)
        {
            return null;
        }
    }

    private static ComPointer QueryService(ComPointer provider, Guid service, Guid interfaceId)
    {
        nint found;
        var result = ((delegate* unmanaged[Stdcall]<nint, Guid*, Guid*, nint*, int>)provider.Slot(QueryServiceSlot))(provider.Value, &service, &interfaceId, &found);
        return ComPointer.Take(result, found, "QueryService");
    }

    private static ComPointer FindDesktop(ComPointer manager, ManagerInternalSlots slots, IReadOnlyDictionary<string, Guid> identifiers, Guid wanted)
    {
        nint array;
        var slot = manager.Slot(slots.GetDesktops);
        var result = slots.TakesMonitor
            ? ((delegate* unmanaged[Stdcall]<nint, nint, nint*, int>)slot)(manager.Value, 0, &array)
            : ((delegate* unmanaged[Stdcall]<nint, nint*, int>)slot)(manager.Value, &array);
        using var desktops = ComPointer.Take(result, array, "GetDesktops");
        uint count;
        Check(((delegate* unmanaged[Stdcall]<nint, uint*, int>)desktops.Slot(ArrayCountSlot))(desktops.Value, &count), "GetCount");
        var interfaceId = identifiers["IVirtualDesktop"];
        for (uint i = 0; i < Math.Min(count, MostDesktops); i++)
        {
            nint item;
            result = ((delegate* unmanaged[Stdcall]<nint, uint, Guid*, nint*, int>)desktops.Slot(ArrayItemSlot))(desktops.Value, i, &interfaceId, &item);
            var desktop = ComPointer.Take(result, item, "GetAt");
            Guid id;
            Check(((delegate* unmanaged[Stdcall]<nint, Guid*, int>)desktop.Slot(DesktopIdSlot))(desktop.Value, &id), "GetId");
            if (id == wanted)
            {
                return desktop;
            }

            desktop.Dispose();
        }

        throw new DesktopException($"the shell has no virtual desktop {wanted:B} any more");
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
        {
            throw new ComFailure(call, result);
        }
    }
}
