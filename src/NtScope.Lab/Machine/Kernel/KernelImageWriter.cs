using System.Buffers.Binary;
using System.Text;
using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Kernel;

/// <summary>Writes the kernel's image into mapped memory: routines, system call tables and what a loader put there.</summary>
internal sealed class KernelImageWriter(MachineContext context)
{
    private const int ZwStubSize = 0x20;
    private const ushort NativeSubsystem = 1;

    /// <summary>The name of the service descriptors that every thread may use.</summary>
    public const string DescriptorTable = "KeServiceDescriptorTable";

    /// <summary>The name of those that threads with windows use.</summary>
    public const string ShadowTable = "KeServiceDescriptorTableShadow";

    /// <summary>The set of processes under a system call filter.</summary>
    public const string FilterTable = "KeServiceDescriptorTableFilter";

    /// <summary>The size of a set of four descriptors of x64, in bytes.</summary>
    public const uint DescriptorsSize = 0x80;

    // mov rax,rsp; cli; sub rsp,10h; push rax; pushfq; push 10h; lea rax,[linkage]; push rax; mov eax,N; jmp dispatcher
    private static readonly byte[] ZwStub = Convert.FromHexString("488BC4FA4883EC10509C6A10488D050000000050B800000000E900000000");

    // lea r10,[KeServiceDescriptorTable]; lea r11,[KeServiceDescriptorTableShadow]; test dword ptr [rbx+78h],80h
    private static readonly byte[] DescriptorLoads = Convert.FromHexString("4C8D15000000004C8D1D00000000F7437880000000");

    private readonly KernelImage _kernel = context.Kernel;
    private readonly LabAddressSpace _space = context.System;
    private readonly bool _isListedKernel = context.Known.Pdb.Guid == new Guid("90F5E1C8-BBE1-FE1F-B8A7-14305EE06F36");

    /// <summary>Writes everything but the headers, and the variables, which their owners write.</summary>
    public void Write()
    {
        WriteRoutines();
        WriteServiceTable();
        WriteDescriptors();
        if (context.IsNarrow)
        {
            new NarrowRoutines(context).Write();
        }
        else
        {
            WriteZwRoutines();
            WriteDispatcher();
        }
    }

    /// <summary>Writes headers, sections, exports, identity and version, once all variables have their places.</summary>
    public void WriteHeaders(LabImage image)
    {
        foreach (var name in ExportedVariables)
        {
            _kernel.Variable(name, sizeof(ulong));
        }

        var writer = new ImageWriter(_space, _kernel.Base);
        writer.WriteDebugDirectory(_kernel.IdentityRva, image.Pdb, image.TimeDateStamp);
        var size = writer.WriteExports(_kernel.TablesRva, image.Name, image.TimeDateStamp, Exports());
        writer.WriteVersion((_kernel.TablesRva + size + 0xFFF) & ~0xFFFu, context.IsNarrow ? Path.ChangeExtension(image.Pdb.FileName, "exe") : "ntkrnlmp.exe", "NT Kernel & System", context.Version);
        writer.WriteRelocations(_kernel.RelocationsRva, ServiceTableFile.Relocations(_kernel.Services.TableRva, _kernel.Services.Count, ServiceTableFile.PointerSizeOf(context)));
        writer.WriteHeaders(image, context.Version, NativeSubsystem, isLibrary: false, KernelSections.Divide(_kernel, _kernel.Variables.Keys));
    }

    /// <summary>What the kernel's file holds where the running kernel holds something else: no variables yet, and the service table as it was linked.</summary>
    public static IEnumerable<ImagePart> FileParts(MachineContext context)
    {
        var services = context.Kernel.Services;
        return context.Kernel.Variables.Select(variable => new ImagePart(variable.Key, new byte[variable.Value]))
            .Append(new ImagePart(services.TableRva, ServiceTableFile.Encode(services.Select(service => service.Rva), services.LimitRva - services.TableRva, ServiceTableFile.PointerSizeOf(context))))
            .Append(new ImagePart(services.LimitRva, BitConverter.GetBytes(services.Count)))
            .Append(new ImagePart(services.ArgumentTableRva, [.. services.Select(service => (byte)(ServiceEntries.StackArguments(service.Name, context.IsNarrow) * sizeof(uint)))]));
    }

    // x86 exports the service descriptors and not the list of modules.
    private IEnumerable<string> ExportedVariables => context.IsNarrow ? KernelExports.Variables.Except(KernelExports.WideVariables, StringComparer.Ordinal).Append(DescriptorTable) : KernelExports.Variables;

    private void WriteRoutines()
    {
        foreach (var symbol in KernelRoutines.Find(_kernel).Where(symbol => !_kernel.IsInVariable(symbol.Rva)))
        {
            _space.Write(_kernel.Base + symbol.Rva, RoutineBytes.Of(symbol.Name, _kernel.RoomAt(symbol.Rva), _isListedKernel, isNarrow: false));
        }

        foreach (var name in KernelExports.Functions)
        {
            if (_kernel.TryGetRva(name, out var rva) && !_kernel.IsInVariable(rva))
            {
                _space.Write(_kernel.Base + rva, context.Code(name, _kernel.RoomAt(rva)));
            }
        }

        foreach (var service in _kernel.Services)
        {
            _space.Write(_kernel.Base + service.Rva, RoutineBytes.Of(service.Name, _kernel.RoomAt(service.Rva), _isListedKernel, context.IsNarrow));
        }
    }

    private void WriteZwRoutines()
    {
        var dispatcher = _kernel.Routine("KiServiceInternal", 64);
        var linkage = _kernel.Routine("KiServiceLinkage", 16);
        foreach (var service in _kernel.Services)
        {
            var name = string.Concat("Zw", service.Name.AsSpan(2));
            if (!_kernel.TryGetRva(name, out var rva))
            {
                if (context.Known.Symbols is not null || !KernelExports.Services.Contains(service.Name, StringComparer.Ordinal))
                {
                    continue;
                }

                rva = _kernel.Routine(name, ZwStubSize);
            }

            var stub = (byte[])ZwStub.Clone();
            BinaryPrimitives.WriteInt32LittleEndian(stub.AsSpan(15), (int)(linkage - rva - 19));
            BinaryPrimitives.WriteInt32LittleEndian(stub.AsSpan(21), service.Index);
            BinaryPrimitives.WriteInt32LittleEndian(stub.AsSpan(26), (int)(dispatcher - rva - 30));
            _space.Write(_kernel.Base + rva, stub);
        }
    }

    private void WriteServiceTable()
    {
        var services = _kernel.Services;
        var table = _kernel.Base + services.TableRva;
        if (!context.IsNarrow && services.LimitRva - services.TableRva >= (uint)services.Count * sizeof(ulong))
        {
            // The boot code packed 8-byte pointers in place: the upper half is what it left behind.
            for (var index = services.Count / 2; index < services.Count; index++)
            {
                _space.WriteUInt64(table + (ulong)(index * sizeof(ulong)), (_kernel.Base + services.RvaOf(index)).Value);
            }
        }

        ServiceEntries.Write(_space, table, _kernel.Base + services.ArgumentTableRva, services.Select(service => (service.Name, _kernel.Base + service.Rva)));
        _space.WriteUInt32(_kernel.Base + services.LimitRva, (uint)services.Count);
    }

    private void WriteDescriptors()
    {
        // The shadow set stands before the other on x86.
        WriteDescriptor(ShadowTable);
        WriteDescriptor(DescriptorTable);
        if (_kernel.TryGetRva(FilterTable, out _))
        {
            WriteDescriptor(FilterTable);
        }
    }

    private void WriteDescriptor(string name)
    {
        var services = _kernel.Services;
        ServiceEntries.WriteDescriptor(_space, _kernel.AddressOf(name, DescriptorsSize), _kernel.Base + services.TableRva, services.Count, _kernel.Base + services.ArgumentTableRva);
    }

    private void WriteDispatcher()
    {
        var rva = _kernel.Routine("KiSystemServiceRepeat", 32);
        var code = (byte[])DescriptorLoads.Clone();
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(3), (int)(_kernel.Variable(DescriptorTable, DescriptorsSize) - rva - 7));
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(10), (int)(_kernel.Variable(ShadowTable, DescriptorsSize) - rva - 14));
        _space.Write(_kernel.Base + rva, code);
    }

    /// <summary>The image as the list of modules has it; leaves the boot loader's record of it.</summary>
    public LabImage Describe()
    {
        var stamp = BinaryPrimitives.ReadUInt32LittleEndian(context.Known.Pdb.Guid.ToByteArray()) & 0x7FFF_FFFF;
        var image = new LabImage("ntoskrnl.exe", @"\SystemRoot\system32\ntoskrnl.exe", _kernel.Base, _kernel.Size, EntryPointRva(), stamp, stamp ^ 0x5A5A, context.Known.Pdb);
        WriteBootRecord(image);
        return image;
    }

    private uint EntryPointRva() => _kernel.TryGetRva("KiSystemStartup", out var rva) ? rva : _kernel.Services.RvaOf(0);

    private Dictionary<string, uint> Exports()
    {
        var exports = new Dictionary<string, uint>(StringComparer.Ordinal);
        var zw = _kernel.Services.Select(service => string.Concat("Zw", service.Name.AsSpan(2)));
        foreach (var name in ExportedVariables.Concat(KernelExports.Services).Concat(KernelExports.Functions).Concat(zw).Concat(context.IsNarrow ? NarrowRoutines.Exports : []))
        {
            if (_kernel.TryGetRva(name, out var rva))
            {
                exports.TryAdd(name, rva);
            }
        }

        return exports;
    }

    // The loader leaves where it put the kernel before the kernel's name; readers of captures search for the name.
    private void WriteBootRecord(LabImage image)
    {
        var path = Encoding.ASCII.GetBytes(image.Path + '\0');
        var record = context.NonPagedPool.Allocate(0x18 + path.Length, PoolTag.Of("Ldr "));
        _space.WritePointer(record, image.Base);
        _space.WriteUInt64(record + 8, image.Size);
        _space.WriteUInt64(record + 16, (ulong)path.Length);
        _space.Write(record + 0x18, path);
    }
}
