using NtScope.Images;

namespace NtScope.Syscalls;

/// <summary>Tells by its content what an image has to do with system services.</summary>
public static class ServiceImage
{
    /// <summary>What the image is, by what it exports and imports, whatever its file is called.</summary>
    public static ServiceImageRole RoleOf(PeImage image)
    {
        var exports = image.Exports;
        var own = exports.ModuleName;
        if (exports.TryGetRva("KeBugCheckEx", out _) || (exports.TryGetRva("KeBugCheck", out _) && exports.TryGetRva("PsInitialSystemProcess", out _)))
        {
            return ServiceImageRole.Kernel;
        }

        if (exports.TryGetRva("W32pServiceTable", out _) || string.Equals(own, "win32k.sys", StringComparison.OrdinalIgnoreCase))
        {
            return ServiceImageRole.WindowManager;
        }

        if (own is not null && own.StartsWith("win32k", StringComparison.OrdinalIgnoreCase))
        {
            return ServiceImageRole.WindowManagerPart;
        }

        return HasStubNames(image) ? ServiceImageRole.Stubs : ServiceImageRole.None;
    }

    private static bool HasStubNames(PeImage image)
    {
        foreach (var function in image.Exports.Functions)
        {
            if (StubReader.IsServiceName(function, "Nt") || StubReader.IsServiceName(function, "Ium"))
            {
                return true;
            }
        }

        return false;
    }
}
