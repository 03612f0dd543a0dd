namespace NtScope.Lab.Machine.Objects;

/// <summary>A type of the object manager as Windows creates it at boot, in order: the order gives the index.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Tag">The pool tag of its objects.</param>
/// <param name="Variable">The kernel's variable that points at the type; null if there is none that tools use.</param>
/// <param name="FirstBuild">The first build that has it.</param>
/// <param name="LastBuild">The last build that has it.</param>
internal sealed record ObjectTypePlan(string Name, string Tag, string? Variable = null, int FirstBuild = 0, int LastBuild = int.MaxValue)
{
    private const int Vista = 6000;
    private const int Windows7 = 7600;
    private const int Windows8 = 9200;
    private const int Windows10 = 10240;

    /// <summary>All types in the order of their creation.</summary>
    public static IReadOnlyList<ObjectTypePlan> All { get; } =
    [
        new("Type", "ObjT", "ObpTypeObjectType"),
        new("Directory", "Dire", "ObpDirectoryObjectType"),
        new("SymbolicLink", "Symb", "ObpSymbolicLinkObjectType"),
        new("Token", "Toke", "SeTokenObjectType"),
        new("Job", "Job ", "PsJobType"),
        new("Process", "Proc", "PsProcessType"),
        new("Thread", "Thre", "PsThreadType"),
        new("Partition", "Part", FirstBuild: 10586),
        new("UserApcReserve", "UsAR", FirstBuild: Windows7),
        new("IoCompletionReserve", "IoCR", FirstBuild: Windows7),
        new("ActivityReference", "ActR", FirstBuild: 16299),
        new("PsSiloContextPaged", "PsSP", FirstBuild: 14393),
        new("PsSiloContextNonPaged", "PsSN", FirstBuild: 14393),
        new("DebugObject", "DbgO", "DbgkDebugObjectType"),
        new("Event", "Even", "ExEventObjectType"),
        new("EventPair", "EvnP", LastBuild: Windows8 - 1),
        new("Mutant", "Muta", "ExMutantObjectType"),
        new("Callback", "Call", "ExCallbackObjectType"),
        new("Semaphore", "Sema", "ExSemaphoreObjectType"),
        new("Timer", "Time", "ExTimerObjectType"),
        new("IRTimer", "IrTi", FirstBuild: Windows8),
        new("Profile", "Prof", "ExProfileObjectType"),
        new("KeyedEvent", "Keye"),
        new("WindowStation", "Wind", "ExWindowStationObjectType"),
        new("Desktop", "Desk", "ExDesktopObjectType"),
        new("Composition", "Comp", FirstBuild: Windows10),
        new("RawInputManager", "RawI", FirstBuild: Windows10),
        new("CoreMessaging", "CorM", FirstBuild: 15063),
        new("TpWorkerFactory", "TpWo", FirstBuild: Vista),
        new("Adapter", "Adap"),
        new("Controller", "Cont"),
        new("Device", "Devi", "IoDeviceObjectType"),
        new("Driver", "Driv", "IoDriverObjectType"),
        new("IoCompletion", "IoCo", "IoCompletionObjectType"),
        new("WaitCompletionPacket", "WtCP", FirstBuild: Windows8),
        new("File", "File", "IoFileObjectType"),
        new("TmTm", "TmTm", FirstBuild: Vista),
        new("TmTx", "TmTx", FirstBuild: Vista),
        new("TmRm", "TmRm", "TmResourceManagerObjectType", Vista),
        new("TmEn", "TmEn", FirstBuild: Vista),
        new("Section", "Sect", "MmSectionObjectType"),
        new("Session", "Sess", "MmSessionObjectType", Vista),
        new("RegistryTransaction", "RegT", FirstBuild: 15063),
        new("Key", "Key ", "CmKeyObjectType"),
        new("Port", "Port", "LpcPortObjectType", LastBuild: Vista - 1),
        new("WaitablePort", "Wait", "LpcWaitablePortObjectType", LastBuild: Vista - 1),
        new("ALPC Port", "ALPC", "AlpcPortObjectType", Vista),
        new("EnergyTracker", "Ener", FirstBuild: 15063),
        new("PowerRequest", "PwrR", FirstBuild: Windows7),
        new("WmiGuid", "WmiG"),
        new("EtwRegistration", "EtwR", FirstBuild: Vista),
        new("EtwConsumer", "EtwC", FirstBuild: Windows7),
        new("DmaAdapter", "DmaA", FirstBuild: Windows8),
        new("PcwObject", "PcwO", FirstBuild: Windows7),
        new("FilterConnectionPort", "Filt"),
        new("FilterCommunicationPort", "FilC"),
    ];
}
