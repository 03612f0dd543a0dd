using System.Text;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Machine.Modules;

namespace NtScope.Lab.Executive.SystemServices;

/// <summary>ZwQuerySystemInformation: basic numbers, processes with their threads, modules. Layouts as phnt publishes them (x64).</summary>
internal sealed class SystemInformationApis(LabKernel kernel) : IApiFamily
{
    private const ulong ModuleBytes = 0x128;
    private const int ModulePathBytes = 256;
    private const int MaximumModules = 4096;
    private const ulong ProcessBytes = 0x100;
    private const ulong ThreadBytes = 0x50;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <inheritdoc/>
    public void Register(ApiTable table) => table.Status("ZwQuerySystemInformation", Irql.Passive, Query);

    private NtStatus Query(in ApiCall call)
    {
        const uint Basic = 0;
        const uint Processes = 5;
        const uint Modules = 11;
        return call.UInt32(0) switch
        {
            Basic => QueryBasic(call),
            Processes => QueryProcesses(call),
            Modules => QueryModules(call),
            var other => throw kernel.Stop("unimplemented", $"ZwQuerySystemInformation has no class {other}", call.Entry.Name),
        };
    }

    private NtStatus QueryBasic(in ApiCall call)
    {
        const uint Bytes = 0x40;
        WriteNeeded(call, Bytes);
        if (call.UInt32(2) != Bytes)
        {
            return NtStatus.InfoLengthMismatch;
        }

        _memory.Clear(call[1], (int)Bytes);
        _memory.WriteUInt32(call[1] + 4, 156_250);
        _memory.WriteUInt32(call[1] + 8, (uint)GuestMemory.PageSize);
        _memory.WriteUInt32(call[1] + 12, (uint)(kernel.Options.MemoryBytes / GuestMemory.PageSize));
        _memory.WriteUInt32(call[1] + 24, 0x10000);
        _memory.WriteUInt64(call[1] + 32, 0x10000);
        _memory.WriteUInt64(call[1] + 40, 0x7FFF_FFFE_FFFF);
        _memory.WriteUInt64(call[1] + 48, 1);
        _memory.WriteByte(call[1] + 56, 1);
        return NtStatus.Success;
    }

    // RTL_PROCESS_MODULES, from the list of modules as it is in memory: the kernel first.
    private NtStatus QueryModules(in ApiCall call)
    {
        var entries = new List<ulong>();
        var head = kernel.Machine.Kernel.AddressOf("PsLoadedModuleList", 16).Value;
        for (var entry = _memory.ReadUInt64(head); entry != head && entries.Count < MaximumModules; entry = _memory.ReadUInt64(entry))
        {
            entries.Add(entry);
        }

        var needed = 8 + ((uint)entries.Count * (uint)ModuleBytes);
        WriteNeeded(call, needed);
        if (call.UInt32(2) < needed)
        {
            return NtStatus.InfoLengthMismatch;
        }

        kernel.Verifier.ChargeBytes(needed);
        _memory.Clear(call[1], (int)needed);
        _memory.WriteUInt32(call[1], (uint)entries.Count);
        for (var i = 0; i < entries.Count; i++)
        {
            var (entry, at) = (entries[i], call[1] + 8 + ((ulong)i * ModuleBytes));
            var path = _memory.ReadUnicodeString(entry + 0x48);
            path = path.Length < ModulePathBytes ? path : path[..(ModulePathBytes - 1)];
            _memory.WriteUInt64(at + 0x10, _memory.ReadUInt64(entry + 0x30));
            _memory.WriteUInt32(at + 0x18, _memory.ReadUInt32(entry + 0x40));
            _memory.WriteUInt32(at + 0x1C, _memory.ReadUInt32(entry + ModuleList.WideFlags));
            _memory.WriteUInt16(at + 0x20, (ushort)i);
            _memory.WriteUInt16(at + 0x24, 1);
            _memory.WriteUInt16(at + 0x26, (ushort)(path.LastIndexOf('\\') + 1));
            _memory.Write(at + 0x28, Encoding.Latin1.GetBytes(path));
        }

        return NtStatus.Success;
    }

    // SYSTEM_PROCESS_INFORMATION, each with its threads and then its name; the idle process comes first and has no name.
    private NtStatus QueryProcesses(in ApiCall call)
    {
        var processes = kernel.Processes.All.ToArray();
        var needed = ProcessBytes + ThreadBytes;
        foreach (var process in processes)
        {
            needed += BytesOf(process);
        }

        WriteNeeded(call, (uint)needed);
        if (call.UInt32(2) < needed)
        {
            return NtStatus.InfoLengthMismatch;
        }

        kernel.Verifier.ChargeBytes(needed);
        _memory.Clear(call[1], (int)needed);
        _memory.WriteUInt32(call[1] + 4, 1);
        var (last, at) = (call[1], call[1] + ProcessBytes + ThreadBytes);
        foreach (var process in processes)
        {
            _memory.WriteUInt32(last, (uint)(at - last));
            WriteProcess(at, process);
            (last, at) = (at, at + BytesOf(process));
        }

        return NtStatus.Success;
    }

    private void WriteProcess(ulong at, LabProcess process)
    {
        var (item, layout, name) = (process.Object.Address, kernel.Processes.Layout, NameOf(process));
        _memory.WriteUInt32(at + 4, (uint)process.ExtraThreads.Count + 1);
        _memory.WriteUInt64(at + 0x20, _memory.ReadUInt64(item + layout.CreateTime));
        _memory.WriteUInt32(at + 0x48, 8);
        _memory.WriteUInt64(at + 0x50, process.Id);
        _memory.WriteUInt64(at + 0x58, process.ParentId);
        _memory.WriteUInt32(at + 0x64, process.Id <= 4 ? 0u : 1);
        var thread = at + ProcessBytes;
        foreach (var (id, value) in process.ExtraThreads.Select(extra => (extra.Key, extra.Value)).Prepend((process.ThreadId, process.Thread)))
        {
            _memory.WriteUInt64(thread + 0x10, _memory.ReadUInt64(value.Address + layout.ThreadCreateTime));
            _memory.WriteUInt64(thread + 0x20, _memory.ReadUInt64(value.Address + layout.ThreadStartAddress));
            _memory.WriteUInt64(thread + 0x28, process.Id);
            _memory.WriteUInt64(thread + 0x30, id);
            _memory.WriteUInt32(thread + 0x38, 8);
            _memory.WriteUInt32(thread + 0x3C, 8);
            _memory.WriteUInt32(thread + 0x44, 5);
            thread += ThreadBytes;
        }

        _memory.WriteString(thread, name);
        _memory.WriteUnicodeString(at + 0x38, thread, name.Length * 2, (name.Length + 1) * 2);
    }

    private static string NameOf(LabProcess process) => process.Path[(process.Path.LastIndexOf('\\') + 1)..];

    private static ulong BytesOf(LabProcess process) =>
        ProcessBytes + (ThreadBytes * ((ulong)process.ExtraThreads.Count + 1)) + ((((ulong)NameOf(process).Length + 1) * 2 + 7) & ~7UL);

    private void WriteNeeded(in ApiCall call, uint needed)
    {
        if (call[3] != 0)
        {
            _memory.WriteUInt32(call[3], needed);
        }
    }
}
