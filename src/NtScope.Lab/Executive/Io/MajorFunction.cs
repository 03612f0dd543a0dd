namespace NtScope.Lab.Executive.Io;

/// <summary>IRP_MJ codes (wdm.h).</summary>
internal enum MajorFunction : byte
{
    Create = 0,
    CreateNamedPipe = 1,
    Close = 2,
    Read = 3,
    Write = 4,
    QueryInformation = 5,
    SetInformation = 6,
    QueryEa = 7,
    SetEa = 8,
    FlushBuffers = 9,
    QueryVolumeInformation = 10,
    SetVolumeInformation = 11,
    DirectoryControl = 12,
    FileSystemControl = 13,
    DeviceControl = 14,
    InternalDeviceControl = 15,
    Shutdown = 16,
    LockControl = 17,
    Cleanup = 18,
    CreateMailslot = 19,
    QuerySecurity = 20,
    SetSecurity = 21,
    Power = 22,
    SystemControl = 23,
    DeviceChange = 24,
    QueryQuota = 25,
    SetQuota = 26,
    Pnp = 27,
}
