using NtScope.Images;
using NtScope.Symbols.Types;

namespace NtScope.KnowledgeGenerator;

/// <summary>The types of one kernel, on their way into <c>types.bin</c>.</summary>
/// <param name="Version">The kernel's file version.</param>
/// <param name="Architecture">Its instruction set.</param>
/// <param name="FromSymbols">Whether they come from its own symbol file; else they were published.</param>
/// <param name="Structures">Structures and unions; the sizes of references to other structures are not used.</param>
/// <param name="Enumerations">Enumerations.</param>
internal sealed record TypeSet(
    FileVersion Version,
    ProcessorArchitecture Architecture,
    bool FromSymbols,
    IReadOnlyList<StructureLayout> Structures,
    IReadOnlyList<EnumerationLayout> Enumerations);
