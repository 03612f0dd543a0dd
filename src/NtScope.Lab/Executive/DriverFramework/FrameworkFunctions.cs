namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>The functions of KMDF 1.31 in the order of the table that drivers call them through (WDFFUNCENUM in wdffuncenum.h).</summary>
internal static class FrameworkFunctions
{
    // A line is a prefix and what follows it in the names of functions that stand together.
    private const string Table = """
        ChildList Create GetDevice RetrievePdo RetrieveAddressDescription BeginScan EndScan BeginIteration RetrieveNextDevice EndIteration
        ChildList AddOrUpdateChildDescriptionAsPresent UpdateChildDescriptionAsMissing UpdateAllChildDescriptionsAsPresent RequestChildEject
        Collection Create GetCount Add Remove RemoveItem GetItem GetFirstItem GetLastItem
        CommonBuffer Create GetAlignedVirtualAddress GetAlignedLogicalAddress GetLength
        Control DeviceInitAllocate DeviceInitSetShutdownNotification FinishInitializing
        Device GetDeviceState SetDeviceState
        WdmDevice GetWdfDeviceHandle
        Device WdmGetDeviceObject WdmGetAttachedDevice WdmGetPhysicalDevice WdmDispatchPreprocessedIrp AddDependentUsageDeviceObject
        Device AddRemovalRelationsPhysicalDevice RemoveRemovalRelationsPhysicalDevice ClearRemovalRelationsDevices GetDriver
        Device RetrieveDeviceName AssignMofResourceName GetIoTarget GetDevicePnpState GetDevicePowerState GetDevicePowerPolicyState
        Device AssignS0IdleSettings AssignSxWakeSettings OpenRegistryKey SetSpecialFileSupport SetCharacteristics GetCharacteristics
        Device GetAlignmentRequirement SetAlignmentRequirement
        DeviceInit Free SetPnpPowerEventCallbacks SetPowerPolicyEventCallbacks SetPowerPolicyOwnership RegisterPnpStateChangeCallback
        DeviceInit RegisterPowerStateChangeCallback RegisterPowerPolicyStateChangeCallback SetIoType SetExclusive SetPowerNotPageable
        DeviceInit SetPowerPageable SetPowerInrush SetDeviceType AssignName AssignSDDLString SetDeviceClass SetCharacteristics
        DeviceInit SetFileObjectConfig SetRequestAttributes AssignWdmIrpPreprocessCallback SetIoInCallerContextCallback
        Device Create SetStaticStopRemove CreateDeviceInterface SetDeviceInterfaceState RetrieveDeviceInterfaceString CreateSymbolicLink
        Device QueryProperty AllocAndQueryProperty SetPnpCapabilities SetPowerCapabilities SetBusInformationForChildren IndicateWakeStatus
        Device SetFailed StopIdleNoTrack ResumeIdleNoTrack GetFileObject EnqueueRequest GetDefaultQueue ConfigureRequestDispatching
        DmaEnabler Create GetMaximumLength GetMaximumScatterGatherElements SetMaximumScatterGatherElements
        DmaTransaction Create Initialize InitializeUsingRequest Execute Release DmaCompleted DmaCompletedWithLength DmaCompletedFinal
        DmaTransaction GetBytesTransferred SetMaximumLength GetRequest GetCurrentDmaTransferLength GetDevice
        Dpc Create Enqueue Cancel GetParentObject WdmGetDpc
        Driver Create GetRegistryPath WdmGetDriverObject OpenParametersRegistryKey
        WdmDriver GetWdfDriverHandle
        Driver RegisterTraceInfo RetrieveVersionString IsVersionAvailable
        FdoInit WdmGetPhysicalDevice OpenRegistryKey QueryProperty AllocAndQueryProperty SetEventCallbacks SetFilter SetDefaultChildListConfig
        Fdo QueryForInterface GetDefaultChildList AddStaticChild LockStaticChildListForIteration RetrieveNextStaticChild
        Fdo UnlockStaticChildListFromIteration
        FileObject GetFileName GetFlags GetDevice WdmGetFileObject
        Interrupt Create QueueDpcForIsr Synchronize AcquireLock ReleaseLock Enable Disable WdmGetInterrupt GetInfo SetPolicy GetDevice
        IoQueue Create GetState Start Stop StopSynchronously GetDevice RetrieveNextRequest RetrieveRequestByFileObject FindRequest
        IoQueue RetrieveFoundRequest DrainSynchronously Drain PurgeSynchronously Purge ReadyNotify
        IoTarget Create Open CloseForQueryRemove Close Start Stop GetState GetDevice QueryTargetProperty AllocAndQueryTargetProperty
        IoTarget QueryForInterface WdmGetTargetDeviceObject WdmGetTargetPhysicalDevice WdmGetTargetFileObject WdmGetTargetFileHandle
        IoTarget SendReadSynchronously FormatRequestForRead SendWriteSynchronously FormatRequestForWrite SendIoctlSynchronously
        IoTarget FormatRequestForIoctl SendInternalIoctlSynchronously FormatRequestForInternalIoctl SendInternalIoctlOthersSynchronously
        IoTarget FormatRequestForInternalIoctlOthers
        Memory Create CreatePreallocated GetBuffer AssignBuffer CopyToBuffer CopyFromBuffer
        LookasideList Create
        Memory CreateFromLookaside
        Device MiniportCreate
        Driver MiniportUnload
        Object GetTypedContextWorker AllocateContext ContextGetObject ReferenceActual DereferenceActual Create Delete Query
        PdoInit Allocate SetEventCallbacks AssignDeviceID AssignInstanceID AddHardwareID AddCompatibleID AddDeviceText SetDefaultLocale
        PdoInit AssignRawDevice
        Pdo MarkMissing RequestEject GetParent RetrieveIdentificationDescription RetrieveAddressDescription UpdateAddressDescription
        Pdo AddEjectionRelationsPhysicalDevice RemoveEjectionRelationsPhysicalDevice ClearEjectionRelationsDevices
        Device AddQueryInterface
        Registry OpenKey CreateKey Close WdmGetHandle RemoveKey RemoveValue QueryValue QueryMemory QueryMultiString QueryUnicodeString
        Registry QueryString QueryULong AssignValue AssignMemory AssignMultiString AssignUnicodeString AssignString AssignULong
        Request Create CreateFromIrp Reuse ChangeTarget FormatRequestUsingCurrentType WdmFormatUsingStackLocation Send GetStatus
        Request MarkCancelable UnmarkCancelable IsCanceled CancelSentRequest IsFrom32BitProcess SetCompletionRoutine GetCompletionParams
        Request AllocateTimer Complete CompleteWithPriorityBoost CompleteWithInformation GetParameters RetrieveInputMemory
        Request RetrieveOutputMemory RetrieveInputBuffer RetrieveOutputBuffer RetrieveInputWdmMdl RetrieveOutputWdmMdl
        Request RetrieveUnsafeUserInputBuffer RetrieveUnsafeUserOutputBuffer SetInformation GetInformation GetFileObject
        Request ProbeAndLockUserBufferForRead ProbeAndLockUserBufferForWrite GetRequestorMode ForwardToIoQueue GetIoQueue Requeue
        Request StopAcknowledge WdmGetIrp
        IoResourceRequirementsList SetSlotNumber SetInterfaceType AppendIoResList InsertIoResList GetCount GetIoResList Remove
        IoResourceRequirementsList RemoveByIoResList
        IoResourceList Create AppendDescriptor InsertDescriptor UpdateDescriptor GetCount GetDescriptor Remove RemoveByDescriptor
        CmResourceList AppendDescriptor InsertDescriptor GetCount GetDescriptor Remove RemoveByDescriptor
        String Create GetUnicodeString
        Object AcquireLock ReleaseLock
        WaitLock Create Acquire Release
        SpinLock Create Acquire Release
        Timer Create Start Stop GetParentObject
        UsbTargetDevice Create RetrieveInformation GetDeviceDescriptor RetrieveConfigDescriptor QueryString AllocAndQueryString
        UsbTargetDevice FormatRequestForString GetNumInterfaces SelectConfig WdmGetConfigurationHandle RetrieveCurrentFrameNumber
        UsbTargetDevice SendControlTransferSynchronously FormatRequestForControlTransfer IsConnectedSynchronous ResetPortSynchronously
        UsbTargetDevice CyclePortSynchronously FormatRequestForCyclePort SendUrbSynchronously FormatRequestForUrb
        UsbTargetPipe GetInformation IsInEndpoint IsOutEndpoint GetType SetNoMaximumPacketSizeCheck WriteSynchronously FormatRequestForWrite
        UsbTargetPipe ReadSynchronously FormatRequestForRead ConfigContinuousReader AbortSynchronously FormatRequestForAbort
        UsbTargetPipe ResetSynchronously FormatRequestForReset SendUrbSynchronously FormatRequestForUrb
        UsbInterface GetInterfaceNumber GetNumEndpoints GetDescriptor SelectSetting GetEndpointInformation
        UsbTargetDevice GetInterface
        UsbInterface GetConfiguredSettingIndex GetNumConfiguredPipes GetConfiguredPipe
        UsbTargetPipe WdmGetPipeHandle
        Verifier DbgBreakPoint KeBugCheck
        WmiProvider Create GetDevice IsEnabled GetTracingHandle
        WmiInstance Create Register Deregister GetDevice GetProvider FireEvent
        WorkItem Create Enqueue GetParentObject Flush
        CommonBuffer CreateWithConfig
        DmaEnabler GetFragmentLength WdmGetDmaAdapter
        UsbInterface GetNumSettings
        Device RemoveDependentUsageDeviceObject GetSystemPowerAction
        Interrupt SetExtendedPolicy
        IoQueue AssignForwardProgressPolicy
        PdoInit AssignContainerID AllowForwardingRequestToParent
        Request MarkCancelableEx IsReserved ForwardToParentDeviceIoQueue
        CxDeviceInit Allocate AssignWdmIrpPreprocessCallback SetIoInCallerContextCallback SetRequestAttributes SetFileObjectConfig
        Device WdmDispatchIrp WdmDispatchIrpToIoQueue
        DeviceInit SetRemoveLockOptions
        Device ConfigureWdmIrpDispatchCallback
        DmaEnabler ConfigureSystemProfile
        DmaTransaction InitializeUsingOffset GetTransferInfo SetChannelConfigurationCallback SetTransferCompleteCallback
        DmaTransaction SetImmediateExecution AllocateResources SetDeviceAddressOffset FreeResources Cancel WdmGetTransferContext
        Interrupt QueueWorkItemForIsr TryToAcquireLock
        IoQueue StopAndPurge StopAndPurgeSynchronously
        IoTarget Purge
        UsbTargetDevice CreateWithParameters QueryUsbCapability CreateUrb CreateIsochUrb
        Device WdmAssignPowerFrameworkSettings
        DmaTransaction StopSystemTransfer
        CxVerifier KeBugCheck
        Interrupt ReportActive ReportInactive
        DeviceInit SetReleaseHardwareOrderOnFailure
        Get TriageInfo
        DeviceInit SetIoTypeEx
        Device QueryPropertyEx AllocAndQueryPropertyEx AssignProperty
        FdoInit QueryPropertyEx AllocAndQueryPropertyEx
        Device StopIdleActual ResumeIdleActual GetSelfIoTarget
        DeviceInit AllowSelfIoTarget
        IoTarget SelfAssignDefaultIoQueue
        Device OpenDevicemapKey
        DmaTransaction SetSingleTransferRequirement
        CxDeviceInit SetPnpPowerEventCallbacks
        FileObject GetInitiatorProcessId
        Request GetRequestorProcessId
        Device RetrieveCompanionTarget
        CompanionTarget SendTaskSynchronously WdmGetCompanionProcess
        Driver OpenPersistentStateRegistryKey ErrorReportApiMissing
        PdoInit RemovePowerDependencyOnParent
        CxDeviceInit AllocateContext GetTypedContextWorker SetPowerPolicyEventCallbacks
        Device SetDeviceInterfaceStateEx
        """;

    private static readonly string[] Names = [.. Table.Split('\n').Select(line => line.Trim().Split(' ')).SelectMany(words => words.Skip(1).Select(word => $"Wdf{words[0]}{word}"))];

    /// <summary>How many functions are known.</summary>
    public static int Count => Names.Length;

    /// <summary>The name of a function; one of a newer framework is named by its place.</summary>
    public static string NameOf(int index) => index < Names.Length ? Names[index] : $"WdfFunctions[{index}]";
}
