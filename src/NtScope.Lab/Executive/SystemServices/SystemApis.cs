using NtScope.Images;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.SystemServices;

/// <summary>Versions, exceptions, routine addresses, processors, tracing: what belongs to no other family.</summary>
internal sealed class SystemApis(LabKernel kernel) : IApiFamily
{
    private readonly FileVersion _version = kernel.Machine.Version;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        kernel.Variables.Add("NtBuildNumber", 0xF000_0000 | (uint)_version.Build);
        kernel.Variables.Add("KdDebuggerEnabled", 0);
        kernel.Variables.Add("KdDebuggerNotPresent", 1);
        kernel.Variables.Add("InitSafeBootMode", 0);
        kernel.Variables.Add("MmHighestUserAddress", 0x7FFF_FFFE_FFFF);
        kernel.Variables.Add("MmUserProbeAddress", 0x7FFF_FFFF_0000);
        kernel.Variables.Add("MmSystemRangeStart", 0xFFFF_8000_0000_0000);
        table.Status("RtlGetVersion", Irql.Passive, GetVersion);
        table.Add("PsGetVersion", Irql.Passive, GetVersionNumbers);
        table.Add("RtlIsNtDdiVersionAvailable", Irql.Passive, (in ApiCall call) => call.UInt32(0) <= 0x0A00_0008 ? 1UL : 0);
        table.Add("MmGetSystemRoutineAddress", Irql.Passive, GetRoutineAddress);
        table.Alias("MmGetSystemRoutineAddress", "FltGetRoutineAddressByUnicodeName");
        table.Add("FltGetRoutineAddress", Irql.Passive, (in ApiCall call) => Find(_memory.ReadAnsiString(call[0])));
        table.Void("ExRaiseStatus", Irql.Apc, (in ApiCall call) => throw new GuestException((NtStatus)call.UInt32(0)));
        table.Void("ExRaiseAccessViolation", Irql.Apc, (in ApiCall _) => throw new GuestException(NtStatus.AccessViolation, 0, 0));
        table.Void("ExRaiseDatatypeMisalignment", Irql.Apc, (in ApiCall _) => throw new GuestException(NtStatus.DatatypeMisalignment));
        table.Add("__C_specific_handler", Irql.High, (in ApiCall call) => kernel.Exceptions.CSpecificHandler(call[0], call[1], call[2], call[3]));
        table.Add("KeGetCurrentProcessorNumberEx", Irql.High, GetProcessor);
        table.Alias("KeGetCurrentProcessorNumberEx", "KeGetCurrentProcessorIndex");
        table.Add("KeQueryActiveProcessorCountEx", Irql.High, (in ApiCall _) => 1);
        table.Alias("KeQueryActiveProcessorCountEx", "KeQueryMaximumProcessorCountEx");
        table.Add("KeQueryActiveProcessorCount", Irql.High, (in ApiCall call) =>
        {
            if (call[0] != 0)
            {
                _memory.WriteUInt64(call[0], 1);
            }

            return 1;
        });
        table.Add("RtlRandomEx", Irql.High, Random);
        table.Add("ExUuidCreate", Irql.Passive, CreateUuid);
        table.Status("EtwRegister", Irql.Passive, RegisterTrace);
        table.Status("EtwUnregister", Irql.Passive, UnregisterTrace);
        table.Status("EtwWrite", Irql.High, (in ApiCall _) => NtStatus.Success);
        table.Alias("EtwWrite", "EtwWriteTransfer", "EtwWriteEx", "EtwWriteString");
        table.Status("EtwSetInformation", Irql.Passive, (in ApiCall _) => NtStatus.Success);
        table.Add("EtwEventEnabled", Irql.High, (in ApiCall _) => 0);
        table.Alias("EtwEventEnabled", "EtwProviderEnabled");
        table.Add("SeSinglePrivilegeCheck", Irql.Passive, (in ApiCall call) => call.Byte(1) == 0 ? 1UL : 0);
        table.Status("ZwQuerySystemInformation", Irql.Passive, QuerySystemInformation);
        table.Void("KeInvalidateAllCaches", Irql.High, (in ApiCall _) => { });
        table.Void("MmLockPagableDataSection", Irql.Apc, (in ApiCall _) => { });
        table.Alias("MmLockPagableDataSection", "MmUnlockPagableImageSection", "MmResetDriverPaging");
        table.Add("MmPageEntireDriver", Irql.Apc, (in ApiCall call) => call[0]);
    }

    private NtStatus GetVersion(in ApiCall call)
    {
        _memory.WriteUInt32(call[0] + 4, (uint)_version.Major);
        _memory.WriteUInt32(call[0] + 8, (uint)_version.Minor);
        _memory.WriteUInt32(call[0] + 12, (uint)_version.Build);
        _memory.WriteUInt32(call[0] + 16, 2);
        _memory.WriteUInt16(call[0] + 20, 0);
        return NtStatus.Success;
    }

    private ulong GetVersionNumbers(in ApiCall call)
    {
        ReadOnlySpan<uint> numbers = [(uint)_version.Major, (uint)_version.Minor, (uint)_version.Build];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (call[i] != 0)
            {
                _memory.WriteUInt32(call[i], numbers[i]);
            }
        }

        return 0;
    }

    private ulong GetRoutineAddress(in ApiCall call) => Find(call.UnicodeString(0));

    private ulong Find(string name) =>
        kernel.Variables.TryGet(name, out var variable) ? variable
        : kernel.Apis.Find(name) is { } entry ? kernel.Traps.AddressOf(entry)
        : 0;

    private ulong GetProcessor(in ApiCall call)
    {
        if (call[0] != 0)
        {
            _memory.WriteUInt32(call[0], 0);
        }

        return 0;
    }

    private ulong Random(in ApiCall call)
    {
        // The generator of Lehmer that RtlRandom documents: it only has to be repeatable.
        var next = (uint)(((_memory.ReadUInt32(call[0]) * 0x7FFF_FFEDUL) + 0x7FFF_FFC3UL) % 0x7FFF_FFFFUL);
        _memory.WriteUInt32(call[0], next);
        return next;
    }

    private ulong CreateUuid(in ApiCall call)
    {
        _memory.WriteUInt64(call[0], 0x4A5C_0000_0000_0000UL ^ (ulong)kernel.Clock.Now);
        _memory.WriteUInt64(call[0] + 8, 0x5AFE_0000_0000_0080UL | ((ulong)kernel.Clock.SinceStart << 8));
        return 0;
    }

    private NtStatus RegisterTrace(in ApiCall call)
    {
        _memory.WriteUInt64(call[3], 0x4554_5700_0000_0000UL | (uint)++_traces);
        return NtStatus.Success;
    }

    private int _traces;

    private NtStatus UnregisterTrace(in ApiCall call) => call[0] >> 32 == 0x4554_5700 ? NtStatus.Success : NtStatus.InvalidHandle;

    private NtStatus QueryBasicInformation(in ApiCall call)
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

    // RTL_PROCESS_MODULES: the drivers in the order of loading.
    private NtStatus QueryModules(in ApiCall call)
    {
        const uint EntryBytes = 0x128;
        var modules = kernel.Drivers.All;
        var needed = 8 + ((uint)modules.Count * EntryBytes);
        WriteNeeded(call, needed);
        if (call.UInt32(2) < needed)
        {
            return NtStatus.InfoLengthMismatch;
        }

        _memory.Clear(call[1], (int)needed);
        _memory.WriteUInt32(call[1], (uint)modules.Count);
        for (var i = 0; i < modules.Count; i++)
        {
            const string Folder = @"\SystemRoot\System32\drivers\";
            var at = call[1] + 8 + ((ulong)i * EntryBytes);
            var name = modules[i].Name.Length > 200 ? modules[i].Name[..200] : modules[i].Name;
            _memory.WriteUInt64(at + 0x10, modules[i].Base);
            _memory.WriteUInt32(at + 0x18, modules[i].Image.SizeOfImage);
            _memory.WriteUInt16(at + 0x20, (ushort)i);
            _memory.WriteUInt16(at + 0x24, 1);
            _memory.WriteUInt16(at + 0x26, (ushort)Folder.Length);
            _memory.Write(at + 0x28, System.Text.Encoding.Latin1.GetBytes(Folder + name));
        }

        return NtStatus.Success;
    }

    private void WriteNeeded(in ApiCall call, uint needed)
    {
        if (call[3] != 0)
        {
            _memory.WriteUInt32(call[3], needed);
        }
    }

    private NtStatus QuerySystemInformation(in ApiCall call)
    {
        const uint BasicInformation = 0;
        const uint ProcessInformation = 5;
        const uint ModuleInformation = 11;
        if (call.UInt32(0) == BasicInformation)
        {
            return QueryBasicInformation(call);
        }

        if (call.UInt32(0) == ModuleInformation)
        {
            return QueryModules(call);
        }

        if (call.UInt32(0) != ProcessInformation)
        {
            throw kernel.Stop("unimplemented", $"ZwQuerySystemInformation has no class {call.UInt32(0)}", call.Entry.Name);
        }

        const ulong EntryBytes = 0x100;
        var processes = kernel.Processes.All.ToArray();
        ulong needed = 0;
        foreach (var process in processes)
        {
            needed += EntryBytes + (((ulong)process.Path.Length * 2) & ~7UL) + 16;
        }

        WriteNeeded(call, (uint)needed);
        if (call.UInt32(2) < needed)
        {
            return NtStatus.InfoLengthMismatch;
        }

        var at = call[1];
        for (var i = 0; i < processes.Length; i++)
        {
            var name = processes[i].Path[(processes[i].Path.LastIndexOf('\\') + 1)..];
            var bytes = EntryBytes + (((ulong)processes[i].Path.Length * 2) & ~7UL) + 16;
            _memory.Clear(at, (int)bytes);
            _memory.WriteUInt32(at, i == processes.Length - 1 ? 0 : (uint)bytes);
            _memory.WriteUInt32(at + 4, 1);
            _memory.WriteString(at + EntryBytes, name);
            _memory.WriteUnicodeString(at + 0x38, at + EntryBytes, name.Length * 2, (name.Length + 1) * 2);
            _memory.WriteUInt64(at + 0x50, processes[i].Id);
            _memory.WriteUInt64(at + 0x58, processes[i].ParentId);
            at += bytes;
        }

        return NtStatus.Success;
    }
}
