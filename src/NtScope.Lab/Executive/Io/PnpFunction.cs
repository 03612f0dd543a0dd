namespace NtScope.Lab.Executive.Io;

/// <summary>Minor codes of IRP_MJ_PNP (wdm.h).</summary>
internal enum PnpFunction : byte
{
    StartDevice = 0,
    QueryRemoveDevice = 1,
    RemoveDevice = 2,
}
