using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Processes;

/// <summary>Fills the user half of processes: the shared page, images, the environment block with the loader's lists, a thread block each.</summary>
internal sealed class UserSpaceBuilder(MachineContext context, PhysicalAddress sharedData)
{
    private const ulong SharedPage = 0x7FFE_0000;
    private const ulong BlocksSize = 0x4_0000;
    private const int ParametersOffset = 0x1000;
    private const int ImagePathOffset = 0x1800;
    private const int CommandLineOffset = 0x1C00;
    private const int LoaderOffset = 0x2000;
    private const int ListOffset = 0x3000;
    private const int ThreadsOffset = 0x8000;
    private const int ThreadSpacing = 0x2000;
    private const int EntrySize = 0x200;
    private const uint ProgramSize = 0x8000;
    private const int MostThreads = 28;

    /// <summary>Fills a process.</summary>
    /// <param name="process">The process.</param>
    /// <param name="images">The images that all share.</param>
    /// <param name="mapImages">Whether they are to be mapped: the process that wrote them has them already.</param>
    public void Fill(MachineProcess process, UserImages images, bool mapImages)
    {
        var space = process.Space;
        space.Map(new VirtualAddress(SharedPage), sharedData, PhysicalRam.PageSize, PageAccess.User);
        if (mapImages)
        {
            images.Map(space);
        }

        var program = WriteProgram(process);
        var blocks = context.IsNarrow
            ? new VirtualAddress(0x7FF0_0000 + ((ulong)context.Random.Next(8) << 16))
            : new VirtualAddress(0x1_0000_0000 + ((ulong)context.Random.Next(0x10000) << 20));
        space.Allocate(blocks, BlocksSize, PageAccess.User | PageAccess.Write);
        var loader = blocks + LoaderOffset;
        var environment = new LabStructure(space, context.Types, "_PEB", blocks).Set("ImageBaseAddress", program.Base).Set("Ldr", loader)
            .Set("ProcessParameters", WriteParameters(space, blocks, program.Path))
            .SetIfPresent("OSMajorVersion", (ulong)context.Version.Major).SetIfPresent("OSMinorVersion", (ulong)context.Version.Minor)
            .SetIfPresent("OSBuildNumber", (ulong)context.Version.Build).SetIfPresent("SessionId", process.Session ?? 0).SetIfPresent("NumberOfProcessors", (ulong)context.Options.Processors);
        WriteLists(space, loader, [program, .. images.Images]);
        context.At("_EPROCESS", process.Object).Set("Peb", environment.Address).SetIfPresent("SectionBaseAddress", program.Base);
        for (var number = 0; number < Math.Min(process.Threads.Count, MostThreads); number++)
        {
            var thread = process.Threads[number];
            var block = blocks + ThreadsOffset + (ulong)(number * ThreadSpacing);
            new LabStructure(space, context.Types, "_TEB", block).Set("NtTib.Self", block).Set("ProcessEnvironmentBlock", blocks)
                .Set("ClientId.UniqueProcess", process.Id).Set("ClientId.UniqueThread", thread.Id);
            context.At("_ETHREAD", thread.Object).Set("Tcb.Teb", block).Set("Win32StartAddress", program.Base + program.EntryPoint);
        }
    }

    private VirtualAddress WriteParameters(LabAddressSpace space, VirtualAddress blocks, string path)
    {
        var parameters = new LabStructure(space, context.Types, "_RTL_USER_PROCESS_PARAMETERS", blocks + ParametersOffset);
        MachineContext.WriteUnicodeString(space, parameters.AddressOf("ImagePathName"), path, blocks + ImagePathOffset);
        MachineContext.WriteUnicodeString(space, parameters.AddressOf("CommandLine"), $"\"{path}\"", blocks + CommandLineOffset);
        return parameters.Address;
    }

    private LabImage WriteProgram(MachineProcess process)
    {
        var start = new VirtualAddress(context.IsNarrow
            ? 0x40_0000 + ((ulong)context.Random.Next(0x80) << 16)
            : 0x7FF6_0000_0000 + ((ulong)context.Random.Next(0x8000) << 16));
        var stamp = RoutineBytes.Hash(process.Name) & 0x7FFF_FFFF;
        var image = new LabImage(process.Name, $@"C:\Windows\System32\{process.Name}", start, ProgramSize, 0x1000, stamp, 0, Modules.DriverImageWriter.Identity(Path.GetFileNameWithoutExtension(process.Name), context.Version));
        process.Space.Allocate(start, ProgramSize, PageAccess.User | PageAccess.Write | PageAccess.Execute);
        process.Space.Write(start + 0x1000, context.Code(process.Name, 0x40));
        var writer = new ImageWriter(process.Space, start);
        writer.WriteDebugDirectory(0x3000, image.Pdb, stamp);
        writer.WriteVersion(0x5000, process.Name, process.Name, context.Version);
        writer.WriteHeaders(image, context.Version, subsystem: 2, isLibrary: false,
        [
            new ImageSectionPlan(".text", 0x1000, 0x2000, ImageSectionPlan.Code),
            new ImageSectionPlan(".rdata", 0x3000, 0x2000, ImageSectionPlan.Constants),
            new ImageSectionPlan(".rsrc", 0x5000, 0x3000, ImageSectionPlan.Constants),
        ]);
        return image;
    }

    private void WriteLists(LabAddressSpace space, VirtualAddress loader, LabImage[] images)
    {
        var data = new LabStructure(space, context.Types, "_PEB_LDR_DATA", loader).Set("Length", context.IsNarrow ? 0x30u : 0x58).Set("Initialized", 1);
        foreach (var list in new[] { "InLoadOrder", "InMemoryOrder", "InInitializationOrder" })
        {
            var head = data.AddressOf(list + "ModuleList");
            var links = images.Select((_, index) => new LabStructure(space, context.Types, "_LDR_DATA_TABLE_ENTRY", loader + ListOffset - LoaderOffset + (ulong)(index * EntrySize)).AddressOf(list + "Links"));
            WriteRing(space, [head, .. list.StartsWith("InInit", StringComparison.Ordinal) ? links.Skip(1) : links]);
        }

        for (var index = 0; index < images.Length; index++)
        {
            var entry = new LabStructure(space, context.Types, "_LDR_DATA_TABLE_ENTRY", loader + ListOffset - LoaderOffset + (ulong)(index * EntrySize));
            entry.Set("DllBase", images[index].Base).Set("EntryPoint", images[index].Base + images[index].EntryPoint).Set("SizeOfImage", images[index].Size)
                .SetIfPresent("TimeDateStamp", images[index].TimeDateStamp);
            MachineContext.WriteUnicodeString(space, entry.AddressOf("FullDllName"), images[index].Path, entry.Address + 0x130);
            MachineContext.WriteUnicodeString(space, entry.AddressOf("BaseDllName"), images[index].Name, entry.Address + 0x1C0);
        }
    }

    private static void WriteRing(LabAddressSpace space, VirtualAddress[] links)
    {
        for (var index = 0; index < links.Length; index++)
        {
            space.WritePointer(links[index], links[(index + 1) % links.Length]);
            space.WritePointer(links[(index + 1) % links.Length] + (ulong)space.PointerSize, links[index]);
        }
    }
}
