using System.Buffers.Binary;
using NtScope.Images;
using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class RoutineTests
{
    private static readonly string[] ServiceGroups = ["locks", "threads", "processes", "the registry", "device stacks", "tracing", "text"];

    private static readonly string[] ExecutiveGroups = ["cancel-safe queues", "registrations", "pool"];

    private static readonly string[] StructureGroups = ["trees", "push locks", "resources", "lists", "timers", "names"];

    private static readonly string[] RoutineGroups =
    [
        "trees", "names", "timers", "callback objects", "run-down protection", "sections", "sections of files", "symbolic links", "attached threads",
        "system information", "requests to other devices", "MDLs", "directories",
    ];

    private static readonly string[] RequestGroups =
        ["building control requests", "forwarding", "requests of the driver's own", "asynchronous requests", "cancelling", "requestors", "device stacks", "locked pages"];

    private static readonly string[] LockGroups =
    [
        "fast mutexes", "guarded mutexes", "push locks", "levels", "lists", "events", "timers", "work items", "run-down protection", "resources", "pools",
        "lookaside lists",
    ];

    private static readonly string[] TextGroups = ["strings", "ANSI strings", "numbers", "memory", "narrow text", "wide text", "printing"];

    private static readonly string[] ProcessGroups =
        ["lookups", "system threads", "handles", "attached threads", "notifications", "object callbacks", "the system", "raising", "tracing", "pageable code"];

    // What at least two of 36 lab drivers of the course's author import, besides KMDF and WFP.
    private static readonly string[] CommonRoutines =
    [
        "IofCompleteRequest", "IoDeleteDevice", "IoCreateDevice", "IoCreateSymbolicLink", "IoDeleteSymbolicLink", "IoGetDeviceObjectPointer", "IofCallDriver",
        "IoAttachDeviceToDeviceStackSafe", "IoDetachDevice", "IoGetCurrentProcess", "ExFreePool", "ExAcquireFastMutex", "ExReleaseFastMutex", "ExAllocatePool2",
        "ExAllocatePoolWithTag", "ExInitializeResourceLite", "ExDeleteResourceLite", "ExEnterCriticalRegionAndAcquireResourceExclusive",
        "ExEnterCriticalRegionAndAcquireResourceShared", "ExReleaseResourceAndLeaveCriticalRegion", "ExAcquireResourceExclusiveLite",
        "ExAcquireResourceSharedLite", "ExReleaseResourceLite", "ExRaiseStatus", "ExpInterlockedPushEntrySList", "ExpInterlockedPopEntrySList",
        "KeInitializeEvent", "KeQuerySystemTimePrecise", "KeSetPriorityThread", "KeWaitForSingleObject", "KeInitializeMutex", "KeReleaseMutex",
        "KeAcquireSpinLockRaiseToDpc", "KeReleaseSpinLock", "KeAcquireInStackQueuedSpinLock", "KeReleaseInStackQueuedSpinLock", "KeAreApcsDisabled",
        "PsLookupThreadByThreadId", "PsSetCreateProcessNotifyRoutineEx", "PsSetCreateThreadNotifyRoutine", "PsRemoveCreateThreadNotifyRoutine",
        "PsSetLoadImageNotifyRoutine", "PsRemoveLoadImageNotifyRoutine", "PsGetCurrentProcessId", "PsGetCurrentThreadId", "PsGetProcessId",
        "PsGetProcessExitStatus", "PsGetThreadExitStatus", "PsGetThreadId", "PsGetThreadProcessId", "RtlAssert", "RtlCopyUnicodeString", "RtlInitUnicodeString",
        "RtlAppendUnicodeToString", "RtlEqualUnicodeString", "RtlGetVersion", "FltRegisterFilter", "FltStartFiltering", "FltUnregisterFilter",
        "FltReleaseFileNameInformation", "FltGetFileNameInformation", "FltParseFileNameInformation", "FltAllocateContext", "FltReleaseContext",
        "FltSetStreamHandleContext", "FltGetStreamHandleContext", "FltClose", "FltGetIrpName", "FltCreateCommunicationPort", "FltCloseCommunicationPort",
        "FltCloseClientPort", "FltSendMessage", "FltReadFile", "FltWriteFile", "FltCreateFileEx", "FltBuildDefaultSecurityDescriptor",
        "FltFreeSecurityDescriptor", "ZwClose", "ZwCreateKey", "ZwOpenKey", "ZwSetValueKey", "ZwCreateSection", "ZwOpenSection", "ZwMapViewOfSection",
        "ZwUnmapViewOfSection", "ZwQueryInformationProcess", "ZwDeleteKey", "ObfDereferenceObject", "ObRegisterCallbacks", "ObUnRegisterCallbacks",
        "ObOpenObjectByPointer", "CmRegisterCallbackEx", "CmUnRegisterCallback", "CmCallbackGetKeyObjectIDEx", "CmCallbackReleaseKeyObjectIDEx",
        "MmMapLockedPagesSpecifyCache", "DbgPrint", "vDbgPrintEx", "FsRtlIsNameInExpression", "EtwRegister", "EtwUnregister", "EtwWriteTransfer",
        "EtwSetInformation", "memcpy", "memset", "wcscpy_s", "wcslen",
    ];

    /// <summary>Drivers that check routines, the number of a first group, and what it and the next ones check.</summary>
    internal static readonly (string Source, int First, string[] Groups)[] Sources =
    [
        ("routines", 0, RoutineGroups), ("services", 0, ServiceGroups), ("executive", 0, ExecutiveGroups), ("executive", 5, ["APCs", "alerts"]),
        ("requests", 0, RequestGroups), ("locks", 0, LockGroups), ("text", 0, TextGroups), ("processes", 0, ProcessGroups),
        ("structures", 0, StructureGroups),
    ];

    public static TheoryData<string, int, string> AllGroups =>
        [.. Sources.SelectMany(entry => entry.Groups.Select((name, index) => (entry.Source, entry.First + index, name))), ("filters", 0, "the filter engine")];

    [Theory]
    [MemberData(nameof(AllGroups))]
    public void Routines_do_what_they_are_documented_to_do(string source, int group, string what)
    {
        using var machine = SampleDrivers.With(source, out var driver);
        machine.Files.Write(@"C:\listed\a.txt", [1, 2, 3]);
        machine.Files.Write(@"C:\listed\b.doc", [1]);
        machine.Files.Write(@"C:\listed\c.txt", []);
        machine.StartProcess(@"C:\Windows\victim.exe");
        using (var device = machine.OpenDevice(driver.Devices[0]))
        {
            var answer = device.Control(0x80000000 | (0xB00u + (uint)group) << 2, outputLength: sizeof(uint));
            answer.Status.ShouldBe(NtStatus.Success);
            BinaryPrimitives.ReadUInt32LittleEndian(answer.Output).ShouldBe(0u, $"the line in {source}.c where {what} failed");
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Text_is_printed_as_the_kernel_prints_it()
    {
        using var machine = SampleDrivers.With("services", out var driver);
        using (var device = machine.OpenDevice(driver.Devices[0]))
        {
            device.Control(0x80000000 | (0xB00u + 5) << 2, outputLength: sizeof(uint)).Output.ShouldBe([0, 0, 0, 0]);
        }

        machine.DebugOutput.ShouldBe(
            ["[wide] [abc] [ws] [S] [s] [123456789abcdef] [ffffffffffffffff] [0000000000001234] [left  ] [   -42] [00007] [0xff] [c] [%]"]);
    }

    [Fact]
    public void A_print_ends_after_512_bytes()
    {
        using var machine = SampleDrivers.With("text", out var driver);
        using var device = machine.OpenDevice(driver.Devices[0]);
        device.Control(0x80000000 | (0xB00u + 6) << 2, outputLength: sizeof(uint)).Output.ShouldBe([0, 0, 0, 0]);
        machine.DebugOutput.ShouldBe([new string('x', 511), "printed 1", "[text] printed 2"]);
    }

    [Fact]
    public void An_assertion_that_fails_is_found()
    {
        using var machine = SampleDrivers.With("services", out var driver);
        using (var device = machine.OpenDevice(driver.Devices[0]))
        {
            device.Control(0x80000000 | (0xB00u + 7) << 2, outputLength: sizeof(uint));
        }

        driver.Unload().Findings.ShouldContain(finding => finding.Kind == "assertion");
    }

    [Fact]
    public void What_two_drivers_of_the_course_import_is_called_by_a_sample_and_implemented()
    {
        using var machine = new LabMachine();
        CommonRoutines.Except(machine.ImplementedRoutines, StringComparer.Ordinal).ShouldBeEmpty();
        var imported = SampleDrivers.All.SelectMany(path => PeImage.FromFile(path).Imports).SelectMany(module => module.Functions).Select(function => function.Name);
        CommonRoutines.Except(imported, StringComparer.Ordinal).ShouldBeEmpty();
    }
}
