using System.Buffers.Binary;
using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Modules;

namespace NtScope.Lab.Machine.Processes;

/// <summary>The images that all processes share, with the system call stubs of their build: ntdll.dll and, since 14393, win32u.dll.</summary>
internal sealed class UserImages
{
    private const int StubSize = 0x20;
    private const ulong AllocationGranularity = 0x1_0000;
    private const uint CodeRva = 0x1000;
    private const uint ConstantsRva = 0x1_0000;
    private const uint IdentityRva = 0x2_7000;
    private const uint VariablesRva = 0x2_8000;
    private const uint ResourceRva = 0x2_A000;
    private const uint ImageSize = 0x2_B000;
    private const int TestSince = 10586;
    private const int Windows8 = 9200;
    private const int Win32uSince = 14393;
    private const int Win32kBit = 0x1000;
    private const ushort WindowsSubsystem = 3;

    // ntdll answers it from the shared page, so no stub carries its number.
    private const string WithoutStub = "NtQuerySystemTime";

    private readonly MachineContext _context;
    private readonly List<(LabImage Image, MemoryRegion Region)> _images = [];
    private readonly Dictionary<string, VirtualAddress> _stubs = new(StringComparer.Ordinal);
    private readonly LabAddressSpace _first;

    /// <summary>The images of a machine, not mapped yet.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="win32kServices">The names of win32k's services by index.</param>
    /// <param name="first">The first process that maps them: its pages are everyone's.</param>
    public UserImages(MachineContext context, IReadOnlyList<string> win32kServices, LabAddressSpace first)
    {
        _context = context;
        _first = first;
        var shift = (ulong)context.Random.Next(0x100) << 16;
        var start = new VirtualAddress(context.Version.Build < Windows8 || context.IsNarrow ? 0x7700_0000 + shift : 0x7FFC_C000_0000 + shift);
        var stubs = CodeRva;
        if (context.Options.FirstStub is { } wanted)
        {
            // Images begin at multiples of 64 KiB; what is left of the address is where in the image the stubs stand.
            start = new VirtualAddress((wanted - CodeRva).Value & ~(AllocationGranularity - 1));
            stubs = (uint)(wanted - start);
        }

        Write(first, "ntdll.dll", start, [.. context.Kernel.Services.Select(service => service.Name)], 0, stubs);
        if (context.Version.Build >= Win32uSince)
        {
            Write(first, "win32u.dll", start - 0x100_0000, win32kServices, Win32kBit, CodeRva);
        }
    }

    /// <summary>The images, ntdll first.</summary>
    public IEnumerable<LabImage> Images => _images.Select(image => image.Image);

    /// <summary>Where ntdll, or for a service of win32k win32u, has the stub of a service.</summary>
    /// <exception cref="ArgumentException">Neither has it: before 14393 there is no win32u.</exception>
    public VirtualAddress StubOf(string service) => _stubs.TryGetValue(service, out var stub)
        ? stub
        : throw new ArgumentException($"neither ntdll nor win32u of {_context.Version} has a stub of {service}", nameof(service));

    /// <summary>The images as files.</summary>
    public IEnumerable<MachineImage> Files => _images.Select(image => new MachineImage(image.Image, _first, []));

    /// <summary>Maps the images into another process.</summary>
    public void Map(LabAddressSpace space)
    {
        foreach (var (_, region) in _images)
        {
            space.Map(region.Start, region.Physical, region.Length, region.Access);
        }
    }

    private void Write(LabAddressSpace space, string name, VirtualAddress start, IReadOnlyList<string> services, int firstIndex, uint firstStub)
    {
        var region = space.Allocate(start, ImageSize, PageAccess.User | PageAccess.Write | PageAccess.Execute);
        var stamp = RoutineBytes.Hash(name + _context.Version) & 0x7FFF_FFFF;
        var image = new LabImage(name, $@"C:\Windows\System32\{name}", start, ImageSize, CodeRva, stamp, stamp ^ 0x1111, DriverImageWriter.Identity(Path.GetFileNameWithoutExtension(name), _context.Version));
        var exports = new Dictionary<string, uint>(StringComparer.Ordinal);
        for (var index = 0; index < services.Count; index++)
        {
            if (services[index].Length == 0)
            {
                continue;
            }

            var rva = firstStub + (uint)(index * StubSize);
            if (rva + StubSize > ConstantsRva) throw new InvalidOperationException($"{name} has no room for {services.Count} stubs from {firstStub:x} on");
            space.Write(start + rva, services[index] == WithoutStub ? _context.Code(WithoutStub, StubSize) : Stub(services[index], firstIndex + index));
            exports.TryAdd(services[index], rva);
            _stubs.TryAdd(services[index], start + rva);
            if (firstIndex == 0)
            {
                exports.TryAdd(string.Concat("Zw", services[index].AsSpan(2)), rva);
            }
        }

        var writer = new ImageWriter(space, start);
        writer.WriteExports(ConstantsRva, name, stamp, exports);
        writer.WriteDebugDirectory(IdentityRva, image.Pdb, stamp);
        writer.WriteVersion(ResourceRva, name, name, _context.Version);
        writer.WriteHeaders(image, _context.Version, WindowsSubsystem, isLibrary: true,
        [
            new ImageSectionPlan(".text", CodeRva, ConstantsRva - CodeRva, ImageSectionPlan.Code),
            new ImageSectionPlan(".rdata", ConstantsRva, VariablesRva - ConstantsRva, ImageSectionPlan.Constants),
            new ImageSectionPlan(".data", VariablesRva, ResourceRva - VariablesRva, ImageSectionPlan.Variables),
            new ImageSectionPlan(".rsrc", ResourceRva, ImageSize - ResourceRva, ImageSectionPlan.Constants),
        ]);
        _images.Add((image, region));
    }

    // mov r10,rcx; mov eax,N; [test byte ptr [7FFE0308h],1; jne +3;] syscall; ret; [int 2Eh; ret;] nop
    private byte[] Stub(string service, int index)
    {
        if (_context.IsNarrow)
        {
            return NarrowStub(service, index);
        }

        var code = Convert.FromHexString(_context.Version.Build >= TestSince ? "4C8BD1B800000000F604250803FE7F0175030F05C3CD2EC30F1F840000000000" : "4C8BD1B8000000000F05C30F1F440000");
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(4), index);
        return code;
    }

    // mov eax,N; mov edx,7FFE0300h; call [edx]; ret n. Since Windows 8 mov eax,N; call over the return; ret n; mov edx,esp; sysenter; ret
    private byte[] NarrowStub(string service, int index)
    {
        var code = Convert.FromHexString(_context.Version.Build < Windows8 ? "B800000000BA0003FE7FFF12C20000" : "B800000000E803000000C200008BD40F34C3");
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(1), index);
        NarrowRoutines.WriteReturn(code.AsSpan(_context.Version.Build < Windows8 ? 12 : 10), service);
        return code;
    }
}
