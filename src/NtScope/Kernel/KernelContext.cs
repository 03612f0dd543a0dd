using System.Globalization;
using NtScope.Symbols.Types;

namespace NtScope.Kernel;

/// <summary>
/// A target whose kernel can be walked: memory, the kernel's names and its structure layouts. Collects what a report should say of the walk as
/// a whole, such as a name or a field that is not known for this kernel.
/// </summary>
public sealed class KernelContext
{
    private readonly Dictionary<(string Structure, string Path), FieldPlace?> _places = [];
    private readonly List<string> _notes;
    private readonly HashSet<string> _noted;

    /// <summary>The kernel of <paramref name="target"/>.</summary>
    /// <param name="target">A machine's memory.</param>
    /// <param name="cancellation">Ends the walk, at whatever structure or pointer it is.</param>
    /// <exception cref="InputException">The target has no kernel in memory, or no layouts are known for it.</exception>
    public KernelContext(Target target, CancellationToken cancellation = default)
    {
        Cancellation = cancellation;
        Target = target;
        Kernel = target.ModuleNamed("nt") ?? (target.Modules is [var first, ..] ? first : null)
            ?? throw new InputException(target.Summary.Name, "no kernel in it: name a capture, a live or a lab machine");
        if (target.Kind is TargetKind.Image or TargetKind.Folder or TargetKind.KnownBuild or TargetKind.Process || Kernel.Base is null)
        {
            throw new InputException(target.Summary.Name, "this needs a machine's memory: name a capture, a live or a lab machine, not an image or a process");
        }

        Types = target.Types
            ?? throw new InputException(target.Summary.Name, target.LayoutProblem ?? "no structure layouts are known for its kernel: name a symbol file with --symbols");
        Base = Kernel.Base.Value;
        _notes = [.. target.Notes];
        _noted = new HashSet<string>(_notes, StringComparer.Ordinal);
    }

    private KernelContext(KernelContext context, Module module, ITypeSource types)
    {
        Target = context.Target;
        Kernel = module;
        Base = module.Base!.Value;
        Types = types;
        _notes = context._notes;
        _noted = context._noted;
        Cancellation = context.Cancellation;
    }

    /// <summary>Ends the walk.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>The target.</summary>
    public Target Target { get; }

    /// <summary>The module whose names and layouts are used: the kernel.</summary>
    public Module Kernel { get; }

    /// <summary>Where the kernel is mapped.</summary>
    public VirtualAddress Base { get; }

    /// <summary>The kernel's structure layouts.</summary>
    public ITypeSource Types { get; }

    /// <summary>The system's address space.</summary>
    public IMemory Memory => Target.Memory;

    /// <summary>The size of a pointer, in bytes.</summary>
    public uint PointerSize => (uint)Types.PointerSize;

    /// <summary>What the report should say: sentences, each once.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>The bits of a pointer with a count in its low bits (_EX_FAST_REF) that are the pointer.</summary>
    public ulong FastReferenceMask => PointerSize == sizeof(ulong) ? ~0xFUL : ~0x7UL;

    /// <summary>The same machine with another module's names and layouts, into the same notes; null if the module has none of its own.</summary>
    public KernelContext? InModule(Module module) => module.Types is { } types ? InModule(module, types) : null;

    /// <summary>The same machine with another module's names and given layouts, into the same notes; null if the module is not mapped.</summary>
    public KernelContext? InModule(Module module, ITypeSource types) => module.Base is null ? null : new KernelContext(this, module, types);

    /// <summary>Adds a sentence to the notes, once.</summary>
    public void Note(string sentence)
    {
        if (_noted.Count < Limits.Notes && _noted.Add(sentence))
        {
            _notes.Add(_noted.Count < Limits.Notes ? sentence : "Further notes are left out.");
        }
    }

    /// <summary>Where the kernel's symbol or export of this name is; null if it has no such name.</summary>
    public VirtualAddress? Find(string symbol) =>
        Kernel.Symbols?.TryGetRva(symbol, out var rva) == true || Kernel.Image?.Exports.TryGetRva(symbol, out rva) == true ? Base + rva : null;

    /// <summary>The pointer that stands at a symbol of the kernel; null if there is no such symbol or it cannot be read.</summary>
    public VirtualAddress? FindPointer(string symbol) =>
        Find(symbol) is { } address && Memory.TryReadPointer(address, out var value, out _) && !value.IsZero ? value : null;

    /// <summary>Whether the layouts have a field, by its path (<c>Tcb.Process</c>).</summary>
    public bool Has(string structure, string path) => PlaceOf(structure, path) is not null;

    /// <summary>Where a field is, in bytes from its structure; null if the layouts do not have it.</summary>
    public uint? OffsetOf(string structure, string path) => PlaceOf(structure, path)?.Offset;

    /// <summary>The size of a structure in bytes; 0 if the layouts do not have it.</summary>
    public uint SizeOf(string structure) => Types.TryGetStructure(structure, out var layout) ? layout.Size : 0;

    /// <summary>A structure at an address. What cannot be read is added to <paramref name="findings"/>.</summary>
    public StructureView At(string structure, VirtualAddress address, ICollection<Reports.Finding>? findings = null)
    {
        Cancellation.ThrowIfCancellationRequested();
        return new(this, structure, address, findings);
    }

    /// <summary>Reads a pointer; null if it cannot be read.</summary>
    public VirtualAddress? ReadPointer(VirtualAddress address)
    {
        Cancellation.ThrowIfCancellationRequested();
        return Memory.TryReadPointer(address, out var value, out _) ? value : null;
    }

    /// <summary>The module that covers an address and the nearest name below it in that module: <c>nt!NtClose+0x10</c>.</summary>
    public CodeOwner OwnerOf(VirtualAddress address)
    {
        var module = Target.ModuleAt(address);
        if (module is null)
        {
            return default;
        }

        var rva = (uint)(address - module.Base!.Value);
        if (module.Symbols?.TryGetNearest(rva, out var symbol) != true)
        {
            return new CodeOwner(module, null);
        }

        var distance = rva - symbol.Rva;
        return new CodeOwner(module, distance == 0
            ? $"{module.Name}!{symbol.Name}"
            : string.Create(CultureInfo.InvariantCulture, $"{module.Name}!{symbol.Name}+0x{distance:x}"));
    }

    /// <summary>
    /// Whether code lies outside every loaded module. Where the list of modules could not be followed nobody can say so: the report then has a note.
    /// </summary>
    public bool IsOutsideModules(VirtualAddress routine)
    {
        if (Target.ModuleAt(routine) is not null)
        {
            return false;
        }

        if (!Target.IsModuleListWhole)
        {
            Note("Some routines are in no module that is listed; since the list of loaded modules could not be followed to its end, that says nothing of them.");
        }

        return Target.IsModuleListWhole;
    }

    /// <summary>Where a field is, with its type; null if the layouts do not have it.</summary>
    internal FieldPlace? PlaceOf(string structure, string path)
    {
        if (!_places.TryGetValue((structure, path), out var place))
        {
            place = FieldPlace.Find(Types, structure, path);
            _places.Add((structure, path), place);
        }

        return place;
    }
}
