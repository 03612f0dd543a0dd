using System.ComponentModel;
using System.Globalization;

namespace NtScope.Windows.Desktops;

/// <summary>Win32 errors in words, the same on every system and in every language; winerror.h numbers them.</summary>
internal static class ErrorText
{
    public const int FileNotFound = 2;
    public const int AccessDenied = 5;
    public const int NotEnoughMemory = 8;
    public const int InvalidParameter = 87;
    public const int AlreadyExists = 183;
    public const int NoSystemResources = 1450;
    public const int HotKeyAlreadyRegistered = 1409;

    /// <summary>ERROR_GEN_FAILURE, for a call that fails without saying why.</summary>
    public const int Unspecific = 31;

    /// <summary>The error with its number: <c>access is denied (error 5)</c>.</summary>
    public static string Of(int error)
    {
        var words = error switch
        {
            FileNotFound => "there is no such object",
            AccessDenied => "access is denied",
            NotEnoughMemory or NoSystemResources => "the desktop heap of the session is exhausted",
            InvalidParameter => "this system does not answer that",
            AlreadyExists => "it exists already",
            HotKeyAlreadyRegistered => "another program has registered that key",
            Unspecific => "the call failed without a reason",
            _ => OperatingSystem.IsWindows() ? new Win32Exception(error).Message.TrimEnd('.', ' ') : "the call failed",
        };
        return $"{words} (error {error.ToString(CultureInfo.InvariantCulture)})";
    }
}
