using NtScope.Lab.Machine;
using NtScope.Testing;
using NtScope.Testing.Captures;

namespace NtScope.Lab.Tests.Captures;

/// <summary>Saves a lab machine in formats that the lab does not write.</summary>
internal static class OtherWriters
{
    /// <summary>As LiME saves it.</summary>
    public static string Lime(MachineMemory machine, TemporaryFolder folder) => Save(folder, "memory.lime", PlainWriter.Lime(PagesOf(machine, isRunning: true)));

    /// <summary>As VMware saves it: memory, and the state beside it.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="folder">Where it goes.</param>
    /// <param name="ending">The ending of the state's file: vmsn of a snapshot, vmss of a suspended machine.</param>
    public static string VMware(MachineMemory machine, TemporaryFolder folder, string ending)
    {
        var (memory, state) = VMwareWriter.Write(PagesOf(machine, isRunning: true), machine.System.DirectoryTable.Value);
        Save(folder, $"of-{ending}.{ending}", state);
        return Save(folder, $"of-{ending}.vmem", memory);
    }

    /// <summary>As VirtualBox saves an x64 machine.</summary>
    public static string VirtualBox(MachineMemory machine, TemporaryFolder folder) => Save(folder, "memory.vbox", ElfCoreWriter.VirtualBox(
        PagesOf(machine, isRunning: true), machine.System.DirectoryTable.Value, (machine.Kernel.Base + machine.Options.Kernel.Services.RvaOf(0)).Value, processors: 2));

    /// <summary>As an x64 kernel dump before Windows 8, type 2.</summary>
    public static string KernelDump(MachineMemory machine, TemporaryFolder folder) =>
        Save(folder, "kernel.dmp", CrashDumpWriter.Kernel64(PagesOf(machine, isRunning: false), FactsOf(machine)));

    /// <summary>As WinDbg writes live dumps of an x64 machine: types 8, 9 and 10.</summary>
    public static string Ranges(MachineMemory machine, TemporaryFolder folder, uint type) =>
        Save(folder, $"ranges{type}.dmp", CrashDumpWriter.Ranges64(PagesOf(machine, isRunning: false), FactsOf(machine), type));

    private static string Save(TemporaryFolder folder, string name, byte[] bytes)
    {
        File.WriteAllBytes(folder.File(name), bytes);
        return folder.File(name);
    }

    private static CrashDumpFacts FactsOf(MachineMemory machine) => new()
    {
        DirectoryTableBase = machine.System.DirectoryTable.Value,
        LoadedModuleList = machine.LoadedModuleList.Value,
        ActiveProcessHead = machine.ActiveProcessHead.Value,
        DebuggerDataBlock = machine.DebuggerDataBlock.Value,
        Build = (uint)machine.Version.Build,
    };

    private static PhysicalPages PagesOf(MachineMemory machine, bool isRunning)
    {
        machine.SetDebuggerBlockEncoded(isRunning);
        var pages = new PhysicalPages();
        foreach (var range in machine.Ram.Ranges)
        {
            for (var page = range.Start; page < range.End; page += PhysicalPages.PageSize)
            {
                if (machine.Ram.IsInUse(page))
                {
                    machine.Ram.Span(page, PhysicalPages.PageSize).CopyTo(pages[page.Value / PhysicalPages.PageSize]);
                }
            }
        }

        return pages;
    }
}
