using NtScope.Symbols.Types;

namespace NtScope.Kernel.Locating;

/// <summary>
/// Tests structure layouts against what every Windows has: the System process (identifier 4, name <c>System</c>, a root of page tables that maps
/// the kernel, links that lead back) and the kernel's own entry in the list of loaded modules.
/// </summary>
public sealed class LayoutValidator
{
    private const int ImageFileNameSize = 15;
    private const ulong SystemProcessId = 4;

    private readonly IMemory _memory;
    private readonly IAddressSpaces _spaces;
    private readonly FoundKernel _kernel;

    /// <summary>A validator over a machine whose kernel is found.</summary>
    public LayoutValidator(IMemory memory, IAddressSpaces spaces, FoundKernel kernel)
    {
        _memory = memory;
        _spaces = spaces;
        _kernel = kernel;
    }

    /// <summary>Tests <paramref name="types"/>.</summary>
    /// <param name="types">The layouts.</param>
    /// <param name="systemProcess">The address that <c>PsInitialSystemProcess</c> holds.</param>
    /// <param name="modules">The list of loaded modules as read without layouts.</param>
    public LayoutValidation Validate(ITypeSource types, VirtualAddress systemProcess, LoadedModuleList modules)
    {
        if (types.PointerSize != _memory.PointerSize)
        {
            return Invalid("they are of another pointer size");
        }

        if (!TryGetOffset(types, "_EPROCESS", "UniqueProcessId", out var idOffset)
            || !TryGetOffset(types, "_EPROCESS", "ImageFileName", out var nameOffset)
            || !TryGetOffset(types, "_EPROCESS", "ActiveProcessLinks", out var linksOffset)
            || !TryGetOffset(types, "_KPROCESS", "DirectoryTableBase", out var tableOffset))
        {
            return Invalid("they lack _EPROCESS or _KPROCESS");
        }

        if (!_memory.TryReadPointer(systemProcess + tableOffset, out var table, out var fault) || !MapsKernel(new PhysicalAddress(table.Value)))
        {
            return Invalid(fault.IsNone ? "the System process's page tables would not map the kernel" : $"the System process cannot be read: {fault}");
        }

        if (!HasOwnEntry(types, modules))
        {
            return Invalid("the kernel's entry in the list of loaded modules would name another image");
        }

        // What a rootkit changes in the System process says nothing of the layouts, as long as it is one thing and others' processes fit.
        var contradictions = new List<string>();
        if (!_memory.TryReadPointer(systemProcess + idOffset, out var id, out _) || id.Value != SystemProcessId)
        {
            contradictions.Add($"the System process would have the identifier {id.Value}");
        }

        Span<byte> name = stackalloc byte[ImageFileNameSize];
        if (!_memory.TryRead(systemProcess + nameOffset, name, out _) || !name.StartsWith("System\0"u8))
        {
            contradictions.Add("the System process would have another name");
        }

        var links = systemProcess + linksOffset;
        if (!_memory.TryReadPointer(links, out var next, out _) || !_memory.TryReadPointer(next + (uint)_memory.PointerSize, out var back, out _) || back != links)
        {
            contradictions.Add("the System process's links would not lead back to it");
        }

        var isSupported = contradictions.Count == 0
            || contradictions.Count == 1 && new ProcessWitnesses(_memory, idOffset, nameOffset, linksOffset, tableOffset).Support(systemProcess);
        return new LayoutValidation(contradictions.Count == 0 ? null : string.Join(", ", contradictions), isSupported, systemProcess, new PhysicalAddress(table.Value), Head(links));
    }

    private static LayoutValidation Invalid(string problem) => new(problem, IsSupported: false, null, null, null);

    private static bool TryGetOffset(ITypeSource types, string structure, string field, out uint offset)
    {
        if (types.TryGetStructure(structure, out var layout) && layout.TryGetField(field, out var found))
        {
            offset = found.Offset;
            return true;
        }

        offset = 0;
        return false;
    }

    private bool MapsKernel(PhysicalAddress table) =>
        _spaces.Explain(table, _kernel.Base).Physical is { } there && there == _spaces.Explain(_spaces.SystemDirectoryTable, _kernel.Base).Physical;

    private bool HasOwnEntry(ITypeSource types, LoadedModuleList modules)
    {
        var structure = types.TryGetStructure("_KLDR_DATA_TABLE_ENTRY", out _) ? "_KLDR_DATA_TABLE_ENTRY" : "_LDR_DATA_TABLE_ENTRY";
        if (!TryGetOffset(types, structure, "DllBase", out var baseOffset) || !TryGetOffset(types, structure, "SizeOfImage", out var sizeOffset))
        {
            return false;
        }

        foreach (var module in modules.Modules)
        {
            if (module.Base == _kernel.Base)
            {
                return _memory.TryReadPointer(module.Entry + baseOffset, out var start, out _) && start == _kernel.Base
                    && _memory.TryReadUInt32(module.Entry + sizeOffset, out var size, out _) && size == _kernel.Image.SizeOfImage;
            }
        }

        return modules.Modules.Count == 0;
    }

    // System is the first in the list, so what is before it is the head: the one link that lies inside the kernel's image.
    private VirtualAddress? Head(VirtualAddress links) =>
        _memory.TryReadPointer(links + (uint)_memory.PointerSize, out var before, out _) && before - _kernel.Base < _kernel.Image.SizeOfImage ? before : null;
}
