using NtScope.Captures;
using NtScope.Captures.Paging;
using NtScope.Images;
using NtScope.Kernel;
using NtScope.Kernel.Locating;
using NtScope.Knowledge;
using NtScope.Symbols;
using NtScope.Symbols.Types;

namespace NtScope.Targets;

/// <summary>What can be read of a machine once its kernel is found: names, layouts that fit, modules, sessions.</summary>
internal sealed class CapturedMachine
{
    private const int LayoutAttempts = 12;

    private readonly FoundKernel _kernel;
    private readonly TargetOptions _options;
    private readonly List<ISymbolFile> _moduleSymbols = [];
    private readonly List<string> _notes = [];

    private CapturedMachine(AddressSpaces spaces, FoundKernel kernel, TargetOptions options)
    {
        Spaces = spaces;
        _kernel = kernel;
        _options = options;
    }

    public AddressSpaces Spaces { get; private set; }

    public FileVersion? Version { get; private set; }

    /// <summary>The symbol file of the kernel that the symbol path led to, if it did.</summary>
    public ISymbolFile? SymbolFile { get; private set; }

    /// <summary>The symbol files of other modules.</summary>
    public IReadOnlyList<ISymbolFile> ModuleSymbols => _moduleSymbols;

    public ITypeSource? Types { get; private set; }

    /// <summary>Why no layouts are used; null if some are.</summary>
    public string? LayoutProblem { get; private set; }

    /// <summary>Whether the list of loaded modules was followed from its head to its head.</summary>
    public bool IsModuleListWhole { get; private set; }

    public IReadOnlyList<Module> Modules { get; private set; } = [];

    public IReadOnlyList<SessionSpace> Sessions { get; private set; } = [];

    public IReadOnlyList<string> Notes => _notes;

    public static CapturedMachine Read(Capture capture, AddressSpaces spaces, FoundKernel kernel, TargetOptions options)
    {
        var machine = new CapturedMachine(spaces, kernel, options);
        try
        {
            machine.Read(capture);
            return machine;
        }
        catch
        {
            machine.SymbolFile?.Dispose();
            machine._moduleSymbols.ForEach(file => file.Dispose());
            throw;
        }
    }

    private void Read(Capture capture)
    {
        var memory = Spaces.System;
        var known = _kernel.Image.Pdb is { } pdb ? _options.Knowledge.FindKernel(pdb) : null;
        Version = known?.Version ?? _kernel.Image.Version?.FileVersion ?? new SharedUserData(memory).Version ?? HeaderVersion(capture.Header);
        SymbolFile = FindSymbolFile();
        var symbols = SymbolFile?.Symbols ?? known?.Symbols;
        _notes.Add(SymbolFile is not null
            ? $"Names come from {SymbolFile.Path}."
            : symbols is not null
                ? $"Names come from embedded knowledge of this very kernel ({known!.Version})."
                : known is not null
                    ? $"The service table of this kernel ({known.Version}) is known, its other names are not: they come from exports."
                    : "This kernel is not known: names come from its exports.");

        var debugger = symbols is null ? DebuggerData.Find(memory, _kernel, capture.Header.DebuggerDataBlock) : null;
        if (debugger is not null)
        {
            _notes.Add($"{debugger.Variables.Count} variables of the kernel are named by the debugger's data block at {debugger.Address}.");
        }

        var head = ModuleListHead.Find(memory, _kernel, symbols, capture.Header.LoadedModuleList ?? debugger?.Variables.GetValueOrDefault("PsLoadedModuleList"));
        var list = head is { } found ? LoadedModuleList.Read(memory, found) : new LoadedModuleList([], "The list of loaded modules was not found.");
        if (list.Problem is { } problem)
        {
            _notes.Add(problem);
        }

        IsModuleListWhole = list.Problem is null;
        var validation = ChooseLayouts(symbols, known, list);
        if (validation?.SystemDirectoryTable is { } root && root != Spaces.SystemDirectoryTable)
        {
            Spaces = new AddressSpaces(capture, Spaces.Mode, root);
        }

        Spaces.InvalidMask = InvalidMask(symbols);
        if (Types is not null && validation?.SystemProcess is { } system)
        {
            Sessions = SessionFinder.Find(Spaces.System, Types, system);
            if (Sessions.Count == Limits.Sessions)
            {
                _notes.Add($"Only {Limits.Sessions} sessions are looked at.");
            }
        }

        var names = new KernelSymbols(symbols, Found(head, validation, capture.Header, debugger));
        Modules = [.. CapturedModules.Read(Spaces, Sessions, _kernel, Version, names, list, FindModuleSymbols, _options.Cancellation)];
    }

    // The kernel's own layouts hold whatever the System process says: a contradiction is then the machine's. Of other builds' the one that fits.
    private LayoutValidation? ChooseLayouts(ISymbolSource? symbols, KnownKernel? known, LoadedModuleList list)
    {
        if (!TryGetRva(symbols, "PsInitialSystemProcess", out var rva)
            || !Spaces.System.TryReadPointer(_kernel.Base + rva, out var systemProcess, out _)
            || systemProcess.IsZero)
        {
            return Without("The System process was not found, so no structure layouts could be validated.");
        }

        var validator = new LayoutValidator(Spaces.System, Spaces, _kernel);
        var own = SymbolFile?.Types ?? (known is { HasSymbols: true } ? known.Types : null);
        if (own is not null && own.PointerSize == Spaces.System.PointerSize)
        {
            var validation = validator.Validate(own, systemProcess, list);
            return validation.IsValid ? Use(own, validation) : Use(own, validation, $"they are this very kernel's, but {validation.Problem}: the machine's own structures were changed or are not in the capture");
        }

        string? contradiction = null;
        (ITypeSource Types, LayoutValidation Validation)? supported = null;
        foreach (var types in Candidates(Version ?? default))
        {
            var validation = validator.Validate(types, systemProcess, list);
            if (validation.IsValid)
            {
                return Use(types, validation);
            }

            supported ??= validation.IsSupported ? (types, validation) : null;
            contradiction ??= $"{types.Origin}: {validation.Problem}";
        }

        return supported is { } found
            ? Use(found.Types, found.Validation, $"they fit other processes and the list of loaded modules, but {found.Validation.Problem}: the System process was changed, or the layouts are not quite this kernel's")
            : Without($"No known structure layouts fit this kernel ({contradiction ?? "none are known for its architecture"}); what needs them is left out.");
    }

    private LayoutValidation Use(ITypeSource types, LayoutValidation validation, string reason = "they fit the System process and the list of loaded modules")
    {
        Types = types;
        _notes.Add($"Structure layouts: {types.Origin}; {reason}.");
        return validation;
    }

    private LayoutValidation? Without(string problem)
    {
        LayoutProblem = problem;
        _notes.Add(problem);
        return null;
    }

    // Drivers' symbols come from what is at hand; only the kernel's are worth a download before anybody asked for them.
    private ISymbolFile? FindModuleSymbols(PdbIdentity pdb)
    {
        if (_options.Symbols.Elements.Count == 0)
        {
            return null;
        }

        using var resolver = new SymbolResolver(_options.Symbols.WithoutServers());
        if (resolver.Find(pdb, _options.Cancellation).File is not { } file)
        {
            return null;
        }

        _moduleSymbols.Add(file);
        return file;
    }

    private ISymbolFile? FindSymbolFile()
    {
        if (_kernel.Image.Pdb is not { } pdb || _options.Symbols.Elements.Count == 0)
        {
            return null;
        }

        using var resolver = new SymbolResolver(_options.Symbols);
        return resolver.Find(pdb, _options.Cancellation).File;
    }

    private IEnumerable<ITypeSource> Candidates(FileVersion version)
    {
        var origins = new HashSet<string>(StringComparer.Ordinal);
        var versions = _options.Knowledge.LayoutVersions(_kernel.Image.Architecture)
            .OrderBy(other => Math.Abs(other.Build - version.Build))
            .Prepend(version);
        foreach (var other in versions)
        {
            if (_options.Knowledge.NearestTypes(other, _kernel.Image.Architecture) is { } types && origins.Add(types.Origin) && origins.Count <= LayoutAttempts)
            {
                yield return types;
            }
        }
    }

    private bool TryGetRva(ISymbolSource? symbols, string name, out uint rva) =>
        _kernel.Image.Exports.TryGetRva(name, out rva) || symbols?.TryGetRva(name, out rva) == true;

    private static FileVersion? HeaderVersion(CaptureHeader header) => header.Build switch
    {
        >= 9841 and < 100_000 => new FileVersion(10, 0, (int)header.Build, 0),
        9600 => new FileVersion(6, 3, 9600, 0),
        9200 => new FileVersion(6, 2, 9200, 0),
        7600 or 7601 => new FileVersion(6, 1, (int)header.Build, 0),
        >= 6000 and < 7600 => new FileVersion(6, 0, (int)header.Build, 0),
        3790 => new FileVersion(5, 2, 3790, 0),
        2600 => new FileVersion(5, 1, 2600, 0),
        _ => null,
    };

    // Windows 10: MiState.Hardware.InvalidPteMask; Windows 7: MiInvalidPteMask.
    private ulong InvalidMask(ISymbolSource? symbols)
    {
        ulong mask = 0;
        if (symbols?.TryGetRva("MiInvalidPteMask", out var rva) == true)
        {
            Spaces.System.TryReadUInt64(_kernel.Base + rva, out mask, out _);
        }
        else if (symbols?.TryGetRva("MiState", out rva) == true
            && Types?.TryGetStructure("_MI_SYSTEM_INFORMATION", out var state) == true && state.TryGetField("Hardware", out var hardware)
            && Types.TryGetStructure("_MI_HARDWARE_STATE", out var layout) && layout.TryGetField("InvalidPteMask", out var field))
        {
            Spaces.System.TryReadUInt64(_kernel.Base + rva + hardware.Offset + field.Offset, out mask, out _);
        }

        return mask & 0x000F_FFFF_0000_0000;
    }

    private IEnumerable<Symbol> Found(VirtualAddress? moduleList, LayoutValidation? validation, CaptureHeader header, DebuggerData? debugger)
    {
        var places = new (string Name, VirtualAddress? Address)[]
        {
            ("PsLoadedModuleList", moduleList),
            ("PsActiveProcessHead", validation?.ActiveProcessHead ?? header.ActiveProcessHead),
            ("KdDebuggerDataBlock", debugger?.Address ?? header.DebuggerDataBlock),
        };
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, address) in places.Concat(debugger?.Variables.Select(variable => (variable.Key, (VirtualAddress?)variable.Value)) ?? []))
        {
            if (address is { } there && there - _kernel.Base < _kernel.Image.SizeOfImage && named.Add(name))
            {
                yield return new Symbol(name, (uint)(there - _kernel.Base), NameSource.Structure);
            }
        }
    }
}
