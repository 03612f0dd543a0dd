using NtScope.Images;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.SystemServices;

/// <summary>Versions, exceptions, routine addresses, processors, tracing: what belongs to no other family.</summary>
internal sealed class SystemApis(LabKernel kernel) : IApiFamily
{
    private const uint ExtendedVersionBytes = 284;
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
        table.Void("KeInvalidateAllCaches", Irql.High, (in ApiCall _) => { });
    }

    private NtStatus GetVersion(in ApiCall call)
    {
        _memory.WriteUInt32(call[0] + 4, (uint)_version.Major);
        _memory.WriteUInt32(call[0] + 8, (uint)_version.Minor);
        _memory.WriteUInt32(call[0] + 12, (uint)_version.Build);
        _memory.WriteUInt32(call[0] + 16, 2);
        _memory.WriteUInt16(call[0] + 20, 0);
        if (_memory.ReadUInt32(call[0]) >= ExtendedVersionBytes)
        {
            const uint SingleUserTerminalServices = 0x100;
            const byte Workstation = 1;
            _memory.WriteUInt32(call[0] + 276, 0);
            _memory.WriteUInt16(call[0] + 280, (ushort)SingleUserTerminalServices);
            _memory.WriteUInt16(call[0] + 282, Workstation);
        }

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
}
