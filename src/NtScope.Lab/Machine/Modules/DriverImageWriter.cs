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
    private const int VariablesSize = 0x1000;
    private const uint PointersOffset = 0x800;
    private const int PointerCount = 12;

    private static readonly Dictionary<string, (string Name, int Number)[]> Exports = new(StringComparer.Ordinal)
    {
        ["fltmgr.sys"] = [("FltEnumerateFilters", 20), ("FltGetRoutineAddress", 21), ("FltRegisterFilter", 22), ("FltStartFiltering", 23), ("FltUnregisterFilter", 24)],
    };

    /// <summary>How many routines an image has that others may point at.</summary>
    public const int RoutineCount = 96;

    /// <summary>The RVA of a routine that others may point at: a dispatch or notify routine.</summary>
    public static uint Routine(int number) => CodeRva + RoutineSpacing * (uint)(number % RoutineCount + 1);

    /// <summary>The RVA of the variables of an image of <paramref name="size"/> bytes: one page, zero when it is loaded.</summary>
    public static uint VariablesOf(uint size) => size - 0x3000 & ~0xFFFu;

    /// <summary>What a driver's file holds where the running driver holds something else: no variables yet.</summary>
    public static IEnumerable<ImagePart> FileParts(LabImage image) => [new ImagePart(VariablesOf(image.Size), new byte[VariablesSize])];

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

        var (constants, variables) = (size - 0x5000 & ~0xFFFu, VariablesOf(size));
        var writer = new ImageWriter(context.System, start);
        writer.WriteDebugDirectory(constants, identity, stamp);
        writer.WriteExports(constants + 0x100, name, stamp, Exports.TryGetValue(name, out var exports)
            ? exports.Select(export => KeyValuePair.Create(export.Name, Routine(export.Number)))
            : [KeyValuePair.Create("DllInitialize", CodeRva)]);
        writer.WriteVersion(size - 0x2000, name, name, context.Version);
        writer.WriteRelocations(size - 0x1000, WritePointers(context.System, start, constants + PointersOffset));
        writer.WriteHeaders(image, context.Version, NativeSubsystem, isLibrary: name.EndsWith(".dll", StringComparison.Ordinal),
        [
            new ImageSectionPlan(".text", CodeRva, constants - CodeRva, ImageSectionPlan.Code),
            new ImageSectionPlan(".rdata", constants, variables - constants, ImageSectionPlan.Constants),
            new ImageSectionPlan(".data", variables, VariablesSize, ImageSectionPlan.Variables),
            new ImageSectionPlan(".rsrc", size - 0x2000, 0x1000, ImageSectionPlan.Constants),
            new ImageSectionPlan(".reloc", size - 0x1000, 0x1000, ImageSectionPlan.Discardable),
        ]);
        return image;
    }

    /// <summary>An identity of symbols that no real image has: made from the name and the build.</summary>
    public static PdbIdentity Identity(string stem, FileVersion version)
    {
        var seed = RoutineBytes.Hash($"{stem} {version}");
        return new PdbIdentity($"{stem}.pdb", new Guid((int)seed, (short)version.Build, (short)version.Revision, 0x4E, 0x74, 0x53, 0x63, 0x6F, 0x70, 0x65, 0), 1);
    }

    // A table of the driver's own routines among its constants: addresses that the loader relocates.
    private static IEnumerable<uint> WritePointers(LabAddressSpace space, VirtualAddress start, uint rva)
    {
        for (var number = 0; number < PointerCount; number++)
        {
            var place = rva + (uint)(number * space.PointerSize);
            space.WritePointer(start + place, start + Routine(number));
            yield return place;
        }
    }

    private static string PathOf(string name) => name is "hal.dll" or "kdcom.dll" or "ci.dll" || name.StartsWith("win32k", StringComparison.Ordinal)
        ? $@"\SystemRoot\system32\{name}"
        : $@"\SystemRoot\System32\drivers\{name}";
}
