using NtScope.Images;
using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Modules;

/// <summary>Writes the small images of drivers: code, constants, variables, exports, identity and version.</summary>
internal static class DriverImageWriter
{
    private const uint CodeRva = 0x1000;
    private const uint RoutineSpacing = 0x40;
    private const ushort NativeSubsystem = 1;

    /// <summary>How many routines an image has that others may point at.</summary>
    public const int RoutineCount = 96;

    /// <summary>The RVA of a routine that others may point at: a dispatch or notify routine.</summary>
    public static uint Routine(int number) => CodeRva + RoutineSpacing * (uint)(number % RoutineCount + 1);

    /// <summary>Maps and writes an image.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="name">Its file name.</param>
    /// <param name="start">Where.</param>
    /// <param name="size">Its size in bytes, at least 0x8000.</param>
    public static LabImage Write(MachineContext context, string name, VirtualAddress start, uint size)
    {
        context.System.Allocate(start, size, PageAccess.Write | PageAccess.Execute);
        var stem = Path.GetFileNameWithoutExtension(name);
        var identity = Identity(stem, context.Version);
        var stamp = RoutineBytes.Hash(name + context.Version) & 0x7FFF_FFFF;
        var image = new LabImage(name, PathOf(name), start, size, CodeRva, stamp, stamp ^ 0x3C3C, identity);
        for (var number = -1; number < RoutineCount; number++)
        {
            context.System.Write(start + (CodeRva + RoutineSpacing * (uint)(number + 1)), context.Code($"{name}{number}", (int)RoutineSpacing));
        }

        var (constants, variables) = (size - 0x5000 & ~0xFFFu, size - 0x3000 & ~0xFFFu);
        var writer = new ImageWriter(context.System, start);
        writer.WriteDebugDirectory(constants, identity, stamp);
        writer.WriteExports(constants + 0x100, name, stamp, [KeyValuePair.Create("DllInitialize", CodeRva)]);
        writer.WriteVersion(size - 0x1000, name, name, context.Version);
        writer.WriteHeaders(image, context.Version, NativeSubsystem, isLibrary: name.EndsWith(".dll", StringComparison.Ordinal),
        [
            new ImageSectionPlan(".text", CodeRva, constants - CodeRva, ImageSectionPlan.Code),
            new ImageSectionPlan(".rdata", constants, variables - constants, ImageSectionPlan.Constants),
            new ImageSectionPlan(".data", variables, size - 0x1000 - variables, ImageSectionPlan.Variables),
            new ImageSectionPlan(".rsrc", size - 0x1000, 0x1000, ImageSectionPlan.Constants),
        ]);
        return image;
    }

    /// <summary>An identity of symbols that no real image has: made from the name and the build.</summary>
    public static PdbIdentity Identity(string stem, FileVersion version)
    {
        var seed = RoutineBytes.Hash($"{stem} {version}");
        return new PdbIdentity($"{stem}.pdb", new Guid((int)seed, (short)version.Build, (short)version.Revision, 0x4E, 0x74, 0x53, 0x63, 0x6F, 0x70, 0x65, 0), 1);
    }

    private static string PathOf(string name) => name is "hal.dll" or "kdcom.dll" or "ci.dll" || name.StartsWith("win32k", StringComparison.Ordinal)
        ? $@"\SystemRoot\system32\{name}"
        : $@"\SystemRoot\System32\drivers\{name}";
}
