using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Desktops.Security;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Desktops;

/// <summary>Reads properties of window station and desktop objects (GetUserObjectInformation) and their security.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class UserObject
{
    private const int FlagsInformation = 1;
    private const int NameInformation = 2;
    private const int UserInformation = 4;
    private const int HeapInformation = 5;
    private const int InputInformation = 6;
    private const int InsufficientBuffer = 122;

    // OWNER, GROUP, DACL and LABEL_SECURITY_INFORMATION; the audit entries would need a privilege.
    private const uint ReadableSecurity = 0x17;
    private const uint ReadableSecurityWithoutLabel = 0x7;

    public static Outcome<string> ReadName(nint handle)
    {
        var bytes = Read(handle, NameInformation);
        return bytes.IsKnown ? new(MemoryMarshal.Cast<byte, char>(bytes.Value).TrimEnd('\0').ToString()) : Outcome<string>.Failed(bytes.Error);
    }

    /// <summary>USEROBJECTFLAGS is two BOOLs and the flags.</summary>
    public static Outcome<uint> ReadFlags(nint handle) => Number(Read(handle, FlagsInformation), 2);

    public static Outcome<uint> ReadHeapKilobytes(nint handle) => Number(Read(handle, HeapInformation), 0);

    public static Outcome<bool> ReadInput(nint handle)
    {
        var number = Number(Read(handle, InputInformation), 0);
        return number.IsKnown ? new(number.Value != 0) : Outcome<bool>.Failed(number.Error);
    }

    public static Outcome<string?> ReadUser(nint handle)
    {
        var bytes = Read(handle, UserInformation);
        return bytes.IsKnown ? new(SecurityIdentifier.TryParse(bytes.Value)?.ToString()) : Outcome<string?>.Failed(bytes.Error);
    }

    public static Outcome<byte[]> ReadSecurity(nint handle)
    {
        var whole = ReadSecurity(handle, ReadableSecurity);
        return whole.IsKnown ? whole : ReadSecurity(handle, ReadableSecurityWithoutLabel);
    }

    private static Outcome<byte[]> ReadSecurity(nint handle, uint information)
    {
        Advapi32.GetKernelObjectSecurity(handle, information, null, 0, out var needed);
        if (needed is 0 or > Limits.SecurityDescriptorBytes)
        {
            return Outcome<byte[]>.Failed(Marshal.GetLastPInvokeError());
        }

        var bytes = new byte[needed];
        fixed (byte* buffer = bytes)
        {
            return Advapi32.GetKernelObjectSecurity(handle, information, buffer, needed, out _)
                ? new(bytes)
                : Outcome<byte[]>.Failed(Marshal.GetLastPInvokeError());
        }
    }

    private static Outcome<uint> Number(Outcome<byte[]> bytes, int index)
    {
        if (!bytes.IsKnown)
        {
            return Outcome<uint>.Failed(bytes.Error);
        }

        var numbers = MemoryMarshal.Cast<byte, uint>(bytes.Value);
        return index < numbers.Length ? new(numbers[index]) : Outcome<uint>.Failed(ErrorText.InvalidParameter);
    }

    private static Outcome<byte[]> Read(nint handle, int information)
    {
        const int FirstLength = 256;
        var bytes = new byte[FirstLength];
        for (var attempt = 0; attempt < 2; attempt++)
        {
            fixed (byte* buffer = bytes)
            {
                if (User32.GetUserObjectInformation(handle, information, buffer, (uint)bytes.Length, out var needed))
                {
                    return new(needed < bytes.Length ? bytes[..(int)needed] : bytes);
                }

                var error = Marshal.GetLastPInvokeError();
                if (error != InsufficientBuffer || needed > Limits.NameBytes * sizeof(char))
                {
                    return Outcome<byte[]>.Failed(error);
                }

                bytes = new byte[needed];
            }
        }

        return Outcome<byte[]>.Failed(InsufficientBuffer);
    }
}
