using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>WDF_REQUEST_PARAMETERS: what is asked for, as the driver's stack location says it.</summary>
internal static class RequestParameters
{
    private const int ParameterBytes = 0x20;

    /// <summary>Fills the structure.</summary>
    public static void Write(GuestMemory memory, FrameworkRequest request, ulong address)
    {
        var source = request.Location + IoLayout.LocationParameters;
        memory.WriteByte(address + 2, memory.ReadByte(request.Location + IoLayout.LocationMinor));
        memory.WriteUInt32(address + 4, (uint)request.Major);
        memory.Write(address + 8, memory.Span(source, ParameterBytes));
        switch (request.Major)
        {
            case MajorFunction.Read or MajorFunction.Write:
                memory.WriteUInt64(address + 8, memory.ReadUInt32(source));
                break;
            case MajorFunction.DeviceControl or MajorFunction.InternalDeviceControl:
                memory.WriteUInt64(address + 8, memory.ReadUInt32(source));
                memory.WriteUInt64(address + 16, memory.ReadUInt32(source + 8));
                break;
        }
    }
}
