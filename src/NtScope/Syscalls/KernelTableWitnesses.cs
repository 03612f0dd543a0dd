using System.Buffers.Binary;
using NtScope.Images;

namespace NtScope.Syscalls;

/// <summary>Where the code and the exports of a kernel file say that <c>KiServiceTable</c> is. No witness alone is believed.</summary>
internal sealed class KernelTableWitnesses(PeImage image, KernelStubs stubs)
{
    private const int FewestPairs = 4;
    private const int DescriptorSearchInstructions = 48;
    private const int LookBack = 0x60;

    private int _comparisons;

    /// <summary>Where <c>KeServiceDescriptorTable</c> may be: x86 exports it, on x64 an exported routine uses it.</summary>
    public static IEnumerable<uint> Descriptors(PeImage image) =>
        image.Exports.TryGetRva("KeServiceDescriptorTable", out var descriptor) ? [descriptor]
        : image.Architecture == ProcessorArchitecture.X64 && image.Exports.TryGetRva("KeAddSystemServiceTable", out var routine) ? DescriptorsIn(image, routine)
        : [];

    /// <summary>All that any witness says, each place with each witness once.</summary>
    public IEnumerable<ServiceTableCandidate> All() => [.. FromExportedPairs(), .. FromDescriptor()];

    /// <summary>A place where all pairs of exported routines hold is the table.</summary>
    private List<ServiceTableCandidate> FromExportedPairs()
    {
        var pairs = stubs.ExportedPairs().ToList();
        var candidates = new List<ServiceTableCandidate>();
        if (pairs.Count < FewestPairs)
        {
            return candidates;
        }

        Span<byte> buffer = stackalloc byte[sizeof(ulong)];
        foreach (var entrySize in image.Is64Bit ? new[] { sizeof(ulong), sizeof(uint) } : [sizeof(uint)])
        {
            var (anchor, routine) = pairs[^1];
            var sought = buffer[..entrySize];
            WriteEntry(sought, routine);
            foreach (var section in image.Sections)
            {
                var bytes = image.ContentOf(section).Span;
                for (var from = 0; candidates.Count < Limits.TableCandidates && bytes[from..].IndexOf(sought) is >= 0 and var hit; from += hit + 1)
                {
                    var start = section.Rva + (long)(from + hit) - ((long)anchor * entrySize);
                    if (start > 0 && (start & 3) == 0 && pairs.TrueForAll(pair => Holds((uint)start + ((uint)pair.Number * (uint)entrySize), pair.Routine, entrySize)))
                    {
                        candidates.Add(new ServiceTableCandidate((uint)start, $"{pairs.Count} exported pairs of Zw and Nt routines stand there, each at its number"));
                    }
                }
            }
        }

        return candidates;
    }

    /// <summary>The start-up code stores the table's address in <c>KeServiceDescriptorTable</c>, which x86 exports and x64 uses in an export.</summary>
    private IEnumerable<ServiceTableCandidate> FromDescriptor() => image.Architecture switch
    {
        ProcessorArchitecture.X86 => Descriptors(image).SelectMany(StoredX86),
        ProcessorArchitecture.X64 => StoredX64([.. Descriptors(image)]),
        _ => [],
    };

    private List<ServiceTableCandidate> StoredX86(uint descriptor)
    {
        const uint ArgumentTableField = 12;
        var arguments = StoredAddresses(descriptor + ArgumentTableField);
        return StoredAddresses(descriptor).ConvertAll(table => new ServiceTableCandidate(
            table.Address,
            $"the code at 0x{table.Rva:x} stores its address in KeServiceDescriptorTable",
            LimitRva: arguments.Count == 1 ? arguments[0].Address - sizeof(uint) : null,
            ArgumentTableRva: arguments.Count == 1 ? arguments[0].Address : null));
    }

    /// <summary>The addresses that <c>mov dword ptr [variable],offset</c> stores; both are relocated.</summary>
    private List<(uint Rva, uint Address)> StoredAddresses(uint variable)
    {
        var stores = new List<(uint Rva, uint Address)>();
        Span<byte> sought = stackalloc byte[6];
        sought[0] = 0xC7;
        sought[1] = 0x05;
        BinaryPrimitives.WriteUInt32LittleEndian(sought[2..], (uint)image.PreferredBase + variable);
        foreach (var section in image.Sections)
        {
            if (!section.IsExecutable)
            {
                continue;
            }

            var bytes = image.ContentOf(section).Span;
            for (var from = 0; stores.Count < Limits.TableCandidates && bytes[from..].IndexOf(sought) is >= 0 and var hit; from += hit + 1)
            {
                var at = section.Rva + (uint)(from + hit);
                if (image.TryReadPointer(at + 6, out var address) && (image.Relocations.Count == 0 || (image.Relocations.Contains(at + 2) && image.Relocations.Contains(at + 6))))
                {
                    stores.Add((at, address));
                }
            }
        }

        return stores;
    }

    /// <summary>The variables that the code of <c>KeAddSystemServiceTable</c> uses; the descriptor tables are among them, or one entry before.</summary>
    private static HashSet<uint> DescriptorsIn(PeImage image, uint routine)
    {
        const uint DescriptorSize = 0x20;
        var descriptors = new HashSet<uint>();
        var code = new InstructionReader(image);
        code.MoveTo(routine);
        for (var i = 0; i < DescriptorSearchInstructions && code.TryNext(out var instruction); i++)
        {
            if (code.TryGetMemoryRva(instruction, out var rva) && image.SectionAt(rva) is { IsExecutable: false })
            {
                descriptors.UnionWith([rva, rva - DescriptorSize, rva - (DescriptorSize + 8), rva - (DescriptorSize + 16), rva - (DescriptorSize + 24)]);
            }
        }

        return descriptors;
    }

    private List<ServiceTableCandidate> StoredX64(HashSet<uint> descriptors)
    {
        // lea reg,[KiServiceTable] ... mov [KeServiceDescriptorTable],reg
        var candidates = new List<ServiceTableCandidate>();
        if (descriptors.Count == 0)
        {
            return candidates;
        }

        foreach (var section in image.Sections)
        {
            if (!section.IsExecutable)
            {
                continue;
            }

            var bytes = image.ContentOf(section).Span;
            for (var at = 0; candidates.Count < Limits.TableCandidates && bytes[at..].IndexOf((byte)0x89) is >= 0 and var hit; at++)
            {
                at += hit;
                if (TryReadRelative(bytes, section.Rva, at, out var register, out var target) && descriptors.Contains(target)
                    && TryFindLoad(bytes, section.Rva, at, register, out var table))
                {
                    candidates.Add(new ServiceTableCandidate(table, $"the code at 0x{section.Rva + (uint)at - 1:x} stores its address in KeServiceDescriptorTable"));
                }
            }
        }

        return candidates;
    }

    /// <summary>The nearest <c>lea</c> before a store that loads the register which is stored.</summary>
    private static bool TryFindLoad(ReadOnlySpan<byte> bytes, uint sectionRva, int store, int register, out uint table)
    {
        for (var at = store - 8; at > Math.Max(0, store - LookBack); at--)
        {
            if (bytes[at] == 0x8D && TryReadRelative(bytes, sectionRva, at, out var loaded, out table) && loaded == register)
            {
                return true;
            }
        }

        table = 0;
        return false;
    }

    /// <summary>Reads the register and the target of a 64-bit instruction with an operand relative to itself; <paramref name="at"/> is its opcode.</summary>
    private static bool TryReadRelative(ReadOnlySpan<byte> bytes, uint sectionRva, int at, out int register, out uint target)
    {
        (register, target) = (0, 0);
        if (at < 1 || at + 6 > bytes.Length || (bytes[at - 1] & 0xFB) != 0x48 || (bytes[at + 1] & 0xC7) != 0x05)
        {
            return false;
        }

        register = ((bytes[at + 1] >> 3) & 7) | ((bytes[at - 1] & 4) << 1);
        target = unchecked(sectionRva + (uint)at + 6 + BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 2)..]));
        return true;
    }

    private bool Holds(uint rva, uint routine, int entrySize)
    {
        if (++_comparisons > Limits.TableComparisons)
        {
            return false;
        }

        Span<byte> wanted = stackalloc byte[sizeof(ulong)];
        Span<byte> found = stackalloc byte[sizeof(ulong)];
        WriteEntry(wanted[..entrySize], routine);
        return image.Read(rva, found[..entrySize], out _) == entrySize && found[..entrySize].SequenceEqual(wanted[..entrySize]);
    }

    private void WriteEntry(Span<byte> entry, uint routine)
    {
        if (entry.Length == sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(entry, image.PreferredBase + routine);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(entry, image.Is64Bit ? routine : (uint)image.PreferredBase + routine);
        }
    }
}
