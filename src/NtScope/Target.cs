using NtScope.Reports;
using NtScope.Symbols.Types;

namespace NtScope;

/// <summary>Memory, modules, names and types. Where they come from differs; what is asked of them does not.</summary>
public sealed class Target : IDisposable
{
    private readonly IDisposable? _source;
    private ModuleMap? _map;

    /// <summary>A target over what a source made readable.</summary>
    /// <param name="source">What to dispose with the target: files, mappings, handles.</param>
    public Target(IDisposable? source = null) => _source = source;

    /// <summary>Where it comes from.</summary>
    public required TargetKind Kind { get; init; }

    /// <summary>What reports say of it.</summary>
    public required TargetSummary Summary { get; init; }

    /// <summary>The instruction set.</summary>
    public required ProcessorArchitecture Architecture { get; init; }

    /// <summary>Its memory. Images that are files are mapped at their preferred base; known builds have nothing readable.</summary>
    public required IMemory Memory { get; init; }

    /// <summary>Its modules, the kernel first where there is one.</summary>
    public required IReadOnlyList<Module> Modules { get; init; }

    /// <summary>Whether <see cref="Modules"/> are all there are: false where the kernel's list could not be followed from its head to its head.</summary>
    public bool IsModuleListWhole { get; init; } = true;

    /// <summary>The structure layouts of its kernel; null if none are at hand.</summary>
    public ITypeSource? Types { get; init; }

    /// <summary>Why <see cref="Types"/> are missing, as a sentence; null if they are not or nothing is known of it.</summary>
    public string? LayoutProblem { get; init; }

    /// <summary>The physical memory; null where there is none to read (images, known builds, live).</summary>
    public IPhysicalMemory? Physical { get; init; }

    /// <summary>The page tables, to read other processes and to explain translations; null without physical memory.</summary>
    public IAddressSpaces? AddressSpaces { get; init; }

    /// <summary>The sessions of a capture, one process for each; empty where there are none to tell apart.</summary>
    public IReadOnlyList<SessionSpace> Sessions { get; init; } = [];

    /// <summary>What is known of the target as a whole, in the order in which <c>info</c> shows it.</summary>
    public IReadOnlyList<TargetFact> Facts { get; init; } = [];

    /// <summary>Sentences about how the target was opened: which layouts hold, what is missing. They become the notes of reports.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The module that covers <paramref name="address"/>, or null.</summary>
    public Module? ModuleAt(VirtualAddress address) => (_map = ModuleMap.Of(Modules, _map)).At(address);

    /// <summary>The module of this name, compared without case, or null.</summary>
    public Module? ModuleNamed(string name)
    {
        foreach (var module in Modules)
        {
            if (string.Equals(module.Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return module;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _source?.Dispose();
}
