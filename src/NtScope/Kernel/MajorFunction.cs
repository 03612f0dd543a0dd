namespace NtScope.Kernel;

/// <summary>The major functions of I/O request packets (IRP_MJ_...), as wdm.h and fltKernel.h number them.</summary>
public static class MajorFunction
{
    private static readonly string[] Names =
    [
        "IRP_MJ_CREATE", "IRP_MJ_CREATE_NAMED_PIPE", "IRP_MJ_CLOSE", "IRP_MJ_READ", "IRP_MJ_WRITE", "IRP_MJ_QUERY_INFORMATION",
        "IRP_MJ_SET_INFORMATION", "IRP_MJ_QUERY_EA", "IRP_MJ_SET_EA", "IRP_MJ_FLUSH_BUFFERS", "IRP_MJ_QUERY_VOLUME_INFORMATION",
        "IRP_MJ_SET_VOLUME_INFORMATION", "IRP_MJ_DIRECTORY_CONTROL", "IRP_MJ_FILE_SYSTEM_CONTROL", "IRP_MJ_DEVICE_CONTROL",
        "IRP_MJ_INTERNAL_DEVICE_CONTROL", "IRP_MJ_SHUTDOWN", "IRP_MJ_LOCK_CONTROL", "IRP_MJ_CLEANUP", "IRP_MJ_CREATE_MAILSLOT",
        "IRP_MJ_QUERY_SECURITY", "IRP_MJ_SET_SECURITY", "IRP_MJ_POWER", "IRP_MJ_SYSTEM_CONTROL", "IRP_MJ_DEVICE_CHANGE",
        "IRP_MJ_QUERY_QUOTA", "IRP_MJ_SET_QUOTA", "IRP_MJ_PNP",
    ];

    /// <summary>Functions that only the filter manager knows, from the highest number down.</summary>
    private static readonly string[] FilterNames =
    [
        "IRP_MJ_ACQUIRE_FOR_SECTION_SYNCHRONIZATION", "IRP_MJ_RELEASE_FOR_SECTION_SYNCHRONIZATION", "IRP_MJ_ACQUIRE_FOR_MOD_WRITE",
        "IRP_MJ_RELEASE_FOR_MOD_WRITE", "IRP_MJ_ACQUIRE_FOR_CC_FLUSH", "IRP_MJ_RELEASE_FOR_CC_FLUSH", "IRP_MJ_QUERY_OPEN",
    ];

    /// <summary>How many a driver's dispatch table has.</summary>
    public static int Count => Names.Length;

    /// <summary>The name of a function; its number in hexadecimal if it has none.</summary>
    public static string NameOf(byte function)
    {
        var filter = byte.MaxValue - function;
        return function < Names.Length ? Names[function] : filter < FilterNames.Length ? FilterNames[filter] : $"IRP_MJ 0x{function:x2}";
    }
}
