using NtScope.Captures;
using NtScope.Lab.Captures;
using NtScope.Lab.Cpu;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Objects;
using NtScope.Lab.Machine.Processes;
using NtScope.Targets;
using CaptureFormat = NtScope.Lab.Captures.CaptureFormat;

namespace NtScope.Lab.Executive.Observation;

/// <summary>
/// Shows the machine to those who look at memory. What a driver can see is in memory all the time; what only a debugger or a capture needs (the
/// kernel's code, processors, user space, handle tables) is written when one looks.
/// </summary>
internal sealed class MachineObserver(LabKernel kernel)
{
    private const uint HighestHandle = 0x8_0000;
    private readonly List<(HandleTable Table, uint Handle)> _handles = [];
    private readonly HashSet<ulong> _shared = [];

    /// <summary>Completes the memory as it is now.</summary>
    /// <param name="rip">The instruction that is next where code is stopped; null where none runs.</param>
    public MachineMemory Look(ulong? rip = null)
    {
        var thread = kernel.Threads.Current;
        kernel.Windows.Processes.Replace(kernel.Processes.InMemory);
        foreach (var other in kernel.Threads.All)
        {
            kernel.Processes.ShowStack(other, other == thread ? kernel.Cpu.Read(Register.Rsp) : other.Trap.CallerRsp);
        }

        EnterHandles();
        ShareUserBuffers();
        new SystemVariables(kernel.Machine, processors: 1).WriteTimes(kernel.Clock.Now, kernel.Clock.SinceStart);
        kernel.Traps.TakeOut();
        try
        {
            var current = new MachineThread(thread.Id, new VirtualAddress(thread.Thread), new VirtualAddress(kernel.Cpu.Read(Register.Rsp)));
            var machine = kernel.Windows.Complete(current, kernel.Clock.Now);
            if (rip is { } place)
            {
                WriteRegisters(machine, place);
            }

            return machine;
        }
        finally
        {
            kernel.Traps.PutBack();
        }
    }

    /// <summary>The machine as a target that reads what its memory holds at the time of reading. Lists of modules and symbols are those of now.</summary>
    /// <param name="options">How to open it.</param>
    /// <param name="rip">The instruction that is next where code is stopped; null where none runs.</param>
    public Target Open(TargetOptions options, ulong? rip = null)
    {
        var machine = Look(rip);
        machine.SetDebuggerBlockEncoded(false);
        var header = new CaptureHeader
        {
            Architecture = ProcessorArchitecture.X64,
            DirectoryTable = machine.System.DirectoryTable,
            LoadedModuleList = machine.LoadedModuleList,
            ActiveProcessHead = machine.ActiveProcessHead,
            DebuggerDataBlock = machine.DebuggerDataBlock,
            Build = (uint)machine.Version.Build,
            ProcessorCount = 1,
            Time = DateTimeOffset.FromFileTime(machine.CaptureTime).ToUniversalTime(),
            UpTime = TimeSpan.FromTicks(machine.CaptureTime - machine.BootTime),
        };
        return TargetOpener.OpenMachine(Memory(), header, "lab", options with { Symbols = options.Symbols.WithFolders(FoldersOfDrivers()) });
    }

    /// <summary>Saves the memory as it is now.</summary>
    public MachineMemory Save(CaptureFormat format, string path)
    {
        var machine = Look();
        kernel.Traps.TakeOut();
        try
        {
            CaptureWriter.Write(machine, format, path);
            return machine;
        }
        finally
        {
            kernel.Traps.PutBack();
        }
    }

    private void WriteRegisters(MachineMemory machine, ulong rip)
    {
        var frame = kernel.Machine.At("_CONTEXT", machine.Processors[0].Context);
        for (var register = Register.Rax; register <= Register.R15; register++)
        {
            frame.Set(register.ToString(), kernel.Cpu.Read(register));
        }

        frame.Set("Rip", rip).Set("EFlags", kernel.Cpu.Read(Register.Flags));
    }

    private ObservedMemory Memory() =>
        new(kernel.Ram, kernel.Machine.System.RegionAt(kernel.Machine.Kernel.Base) ?? throw new InvalidOperationException("the kernel's image is not mapped"), kernel.Traps);

    private IEnumerable<string> FoldersOfDrivers() => kernel.Drivers.All
        .Select(driver => Path.GetDirectoryName(Path.GetFullPath(driver.Path ?? string.Empty)))
        .OfType<string>().Distinct(StringComparer.Ordinal);

    // The executive has one table for all; kernel handles are shown in that of the System process, those of users in the client's.
    private void EnterHandles()
    {
        var builder = kernel.Windows.Processes;
        foreach (var (table, handle) in _handles)
        {
            table.Remove(handle);
        }

        _handles.Clear();
        var processes = builder.Processes.ToDictionary(process => process.Id);
        foreach (var (number, handle) in kernel.Objects.Handles)
        {
            var owner = handle.IsKernel ? kernel.Processes.SystemProcess : kernel.Processes.Client;
            if (number < HighestHandle && processes.TryGetValue(owner.Id, out var process))
            {
                var table = builder.HandlesOf(process);
                table.AddAt(number, kernel.Windows.Objects.HeaderOf(new VirtualAddress(handle.Object.Address)), handle.Access);
                _handles.Add((table, number));
            }
        }
    }

    // All processes share the memory of user buffers.
    private void ShareUserBuffers()
    {
        var client = kernel.Windows.Processes.Processes.First(process => process.Id == kernel.Processes.Client.Id).Space;
        foreach (var region in kernel.Memory.Regions.Where(region => region.Start >> 63 == 0 && _shared.Add(region.Start)))
        {
            client.Map(region.Backing.Start, region.Backing.Physical, region.Size, PageAccess.User | PageAccess.Write);
        }
    }
}
