using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Windows.Desktops;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Management;

/// <summary>Reads and writes the few registry values that desktops need.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class Registry
{
    public const nint CurrentUser = unchecked((int)0x80000001);
    public const nint LocalMachine = unchecked((int)0x80000002);

    private const uint ReadAccess = 0x20019;
    private const uint WriteAccess = 0x20006;
    private const uint TextType = 1;
    private const uint MostBytes = 1 << 16;

    /// <summary>A text value without its terminator; null if there is none.</summary>
    public static string? ReadText(nint root, string path, string name) =>
        ReadBytes(root, path, name) is { } bytes ? MemoryMarshal.Cast<byte, char>(bytes).TrimEnd('\0').ToString() : null;

    /// <summary>A number of four bytes; null if there is none.</summary>
    public static uint? ReadDword(nint root, string path, string name) =>
        ReadBytes(root, path, name) is { Length: sizeof(uint) } bytes ? MemoryMarshal.Read<uint>(bytes) : null;

    /// <summary>The bytes of a value; null if there is none.</summary>
    public static byte[]? ReadBytes(nint root, string path, string name)
    {
        if (Advapi32.OpenKey(root, path, 0, ReadAccess, out var key) != 0)
        {
            return null;
        }

        try
        {
            uint length = 0;
            if (Advapi32.QueryValue(key, name, 0, out _, null, ref length) != 0 || length > MostBytes)
            {
                return null;
            }

            var bytes = new byte[length];
            fixed (byte* buffer = bytes)
            {
                return Advapi32.QueryValue(key, name, 0, out _, buffer, ref length) == 0 ? bytes[..(int)length] : null;
            }
        }
        finally
        {
            _ = Advapi32.CloseKey(key);
        }
    }

    /// <summary>Writes a text value, or removes it for null.</summary>
    /// <exception cref="DesktopException">The registry refuses.</exception>
    public static void WriteText(nint root, string path, string name, string? text)
    {
        var error = Advapi32.CreateKey(root, path, 0, 0, 0, WriteAccess, 0, out var key, out _);
        if (error == 0)
        {
            if (text is null)
            {
                error = Advapi32.DeleteValue(key, name);
                error = error == ErrorText.FileNotFound ? 0 : error;
            }
            else
            {
                fixed (char* data = text)
                {
                    error = Advapi32.SetValue(key, name, 0, TextType, (byte*)data, (uint)((text.Length + 1) * sizeof(char)));
                }
            }

            _ = Advapi32.CloseKey(key);
        }

        if (error != 0)
        {
            throw new DesktopException($"the registry value {path}\\{name} cannot be written: {ErrorText.Of(error)}");
        }
    }
}
