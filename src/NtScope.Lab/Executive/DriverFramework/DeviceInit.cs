using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>What a driver says of a device before it makes it (WDFDEVICE_INIT).</summary>
internal sealed class DeviceInit(ulong address, DeviceRole role, ulong physicalDevice, StackTrace? origin)
{
    /// <summary>Where the driver sees it; nothing is there.</summary>
    public ulong Address { get; } = address;

    /// <summary>What the device will be.</summary>
    public DeviceRole Role { get; set; } = role;

    /// <summary>The device that the stack stands on; 0 for a control device.</summary>
    public ulong PhysicalDevice { get; } = physicalDevice;

    /// <summary>The call by which a driver asked for it; null if the framework made it.</summary>
    public StackTrace? Origin { get; } = origin;

    /// <summary>The device's name; empty for none.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>FILE_DEVICE_...</summary>
    public uint DeviceType { get; set; } = 0x22;

    /// <summary>FILE_DEVICE_SECURE_OPEN and the like.</summary>
    public uint Characteristics { get; set; } = 0x100;

    /// <summary>Whether one handle at a time can be open.</summary>
    public bool IsExclusive { get; set; }

    /// <summary>How buffers of reads and writes are passed: neither 1, buffered 2, direct 3.</summary>
    public uint IoType { get; set; } = 2;

    /// <summary>EvtDeviceFileCreate; 0 for none.</summary>
    public ulong FileCreate { get; set; }

    /// <summary>EvtFileClose; 0 for none.</summary>
    public ulong FileClose { get; set; }

    /// <summary>EvtFileCleanup; 0 for none.</summary>
    public ulong FileCleanup { get; set; }

    /// <summary>Whether creates, cleanups and closes go down the stack: false 0, true 1, as the role has it 2.</summary>
    public uint ForwardsFiles { get; set; } = 2;

    /// <summary>Whether there are file objects.</summary>
    public bool HasFiles { get; set; }

    /// <summary>The attributes of file objects; null for none.</summary>
    public FrameworkAttributes? FileAttributes { get; set; }

    /// <summary>The attributes of requests; null for none.</summary>
    public FrameworkAttributes? RequestAttributes { get; set; }

    /// <summary>EvtIoInCallerContext; 0 for none.</summary>
    public ulong InCallerContext { get; set; }

    /// <summary>EvtDeviceShutdownNotification; 0 for none.</summary>
    public ulong Shutdown { get; set; }

    /// <summary>When it is called: at the shutdown 1, at the last chance 2, or both.</summary>
    public uint ShutdownFlags { get; set; }

    /// <summary>EvtDeviceWdmIrpPreprocess by IRP_MJ code, each with its minor codes; none for all.</summary>
    public Dictionary<MajorFunction, (ulong Routine, byte[] Minors)> Preprocess { get; } = [];

    /// <summary>The routines for Plug and Play and power, in the order of WDF_PNPPOWER_EVENT_CALLBACKS.</summary>
    public ulong[] PowerEvents { get; set; } = new ulong[17];
}
