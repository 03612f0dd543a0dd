using NtScope.Captures.Paging;
using NtScope.Images;
using NtScope.Kernel.Locating;

namespace NtScope.Targets;

/// <summary>
/// Opens the images of loaded modules: through the system's page tables, else through those of a session. A session is asked only for addresses whose
/// first entry of page tables is its own; the machine may have hundreds of each.
/// </summary>
internal sealed class ModuleImages(AddressSpaces spaces, IReadOnlyList<SessionSpace> sessions)
{
    private readonly Dictionary<ulong, IReadOnlyList<IMemory>> _own = [];

    /// <summary>The module's image; null if its headers cannot be read anywhere.</summary>
    public PeImage? Open(LoadedModule module)
    {
        if (TryOpen(spaces.System, module) is { } image)
        {
            return image;
        }

        var left = Limits.SessionImages;
        foreach (var memory in SessionsWithTheirOwn(module.Base))
        {
            if (StartsAsImage(memory, module.Base))
            {
                if (left-- == 0)
                {
                    break;
                }

                if (TryOpen(memory, module) is { } found)
                {
                    return found;
                }
            }
        }

        return null;
    }

    private IReadOnlyList<IMemory> SessionsWithTheirOwn(VirtualAddress address)
    {
        if (FirstEntry(spaces.SystemDirectoryTable, address) is not { } system)
        {
            return [];
        }

        var place = system.EntryAddress - spaces.SystemDirectoryTable;
        if (!_own.TryGetValue(place, out var own))
        {
            own =
            [
                .. sessions
                    .Where(session => FirstEntry(session.DirectoryTable, address) is { } entry && entry.Entry != system.Entry)
                    .Select(session => spaces.Open(session.DirectoryTable)),
            ];
            _own.Add(place, own);
        }

        return own;
    }

    private TranslationStep? FirstEntry(PhysicalAddress root, VirtualAddress address) => spaces.Explain(root, address).Steps is [var first, ..] ? first : null;

    private static bool StartsAsImage(IMemory memory, VirtualAddress start)
    {
        Span<byte> signature = stackalloc byte[2];
        return memory.TryRead(start, signature, out _) && signature.SequenceEqual("MZ"u8);
    }

    private static PeImage? TryOpen(IMemory memory, LoadedModule module)
    {
        try
        {
            return StartsAsImage(memory, module.Base) ? PeImage.FromMemory(memory, module.Base, module.Name ?? module.Base.ToString()) : null;
        }
        catch (InputException)
        {
            // Its headers are not all there, or no longer an image's.
            return null;
        }
    }
}
