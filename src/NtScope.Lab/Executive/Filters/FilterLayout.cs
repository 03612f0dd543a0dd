namespace NtScope.Lab.Executive.Filters;

/// <summary>Offsets of the filter manager's structures (fltKernel.h, x64).</summary>
internal static class FilterLayout
{
    public const ulong DataBytes = 0x58;
    public const ulong DataThread = 0x08;
    public const ulong DataParameters = 0x10;
    public const ulong DataStatus = 0x18;
    public const ulong DataInformation = 0x20;
    public const ulong DataRequestorMode = 0x50;
    public const ulong ParametersBytes = 0x50;
    public const ulong ParametersMajor = 0x04;
    public const ulong ParametersMinor = 0x05;
    public const ulong ParametersTarget = 0x08;
    public const ulong ParametersInstance = 0x10;
    public const ulong ParametersUnion = 0x18;
    public const ulong TransferBuffer = 0x18;
    public const ulong DirectoryBuffer = 0x20;
    public const ulong RelatedBytes = 0x30;
    public const ulong RelatedFilter = 0x08;
    public const ulong RelatedVolume = 0x10;
    public const ulong RelatedInstance = 0x18;
    public const ulong RelatedFile = 0x20;
    public const ulong RegistrationContexts = 0x08;
    public const ulong RegistrationOperations = 0x10;
    public const ulong RegistrationUnload = 0x18;
    public const ulong RegistrationSetup = 0x20;
    public const ulong RegistrationQueryTeardown = 0x28;
    public const ulong RegistrationTeardownStart = 0x30;
    public const ulong RegistrationTeardownComplete = 0x38;
    public const ulong NameBytes = 0x78;
}
