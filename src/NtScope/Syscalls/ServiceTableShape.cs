using System.Buffers.Binary;
using NtScope.Images;

namespace NtScope.Syscalls;

/// <summary>
/// Checks a place against what every service table is: entries that lead to code, a number of services that fits them, and argument
/// bytes that are multiples of four, right behind that number.
/// </summary>
internal sealed class ServiceTableShape(PeImage image)
{
    private const int FewestServices = 64;
    private const int MostStackBytesX64 = ServiceTableEntry.MaximumStackArguments * sizeof(uint);

    /// <summary>The table at a place, or null with what is wrong there.</summary>
    /// <param name="candidate">The place.</param>
    /// <param name="kind">Which table it would be.</param>
    /// <param name="witnesses">What says so.</param>
    /// <param name="stubs">The kernel's own routines, which count services and their arguments too; null for win32k.</param>
    /// <param name="problem">What is wrong.</param>
    public ServiceTable? TryRead(
        ServiceTableCandidate candidate, ServiceTableKind kind, IReadOnlyList<string> witnesses, KernelStubs? stubs, out string problem)
    {
        problem = $"0x{candidate.TableRva:x} does not begin with entries that lead to code";
        foreach (var entrySize in image.Is64Bit ? new[] { sizeof(ulong), sizeof(uint) } : [sizeof(uint)])
        {
            var bytes = image.Slice(candidate.TableRva, (uint)(Limits.ServicesPerTable * entrySize) + sizeof(uint)).Span;
            var run = CountEntries(candidate.TableRva, bytes, entrySize);
            if (run < FewestServices)
            {
                continue;
            }

            var evidence = new List<string>(witnesses);
            var count = CountServices(candidate, bytes, run, entrySize, stubs, evidence, out var limitRva);
            if (count == 0)
            {
                problem = $"no number of services fits the {run} entries at 0x{candidate.TableRva:x}";
                continue;
            }

            var argumentRva = FindArguments(candidate, limitRva, count, evidence);
            var arguments = new int?[count];
            for (var i = 0; i < count; i++)
            {
                arguments[i] = argumentRva is { } at && image.TryReadByte(at + (uint)i, out var value) ? value : stubs?.StackBytesOf(i);
            }

            if (argumentRva is null)
            {
                evidence.Add(image.Architecture == ProcessorArchitecture.X86
                    ? "no argument bytes were found; the arguments are those that the kernel's Zw routines remove from the stack"
                    : "no argument bytes were found");
            }

            return new ServiceTable
            {
                Kind = kind,
                IsFilter = candidate.IsFilter,
                Rva = candidate.TableRva,
                EntrySize = entrySize,
                LimitRva = limitRva,
                ArgumentTableRva = argumentRva,
                Slots = ReadSlots(bytes, arguments, count, entrySize),
                Evidence = evidence,
            };
        }

        return null;
    }

    private int CountServices(
        ServiceTableCandidate candidate, ReadOnlySpan<byte> bytes, int run, int entrySize, KernelStubs? stubs, List<string> evidence, out uint? limitRva)
    {
        limitRva = candidate.LimitRva ?? FindLimitBehind(candidate.TableRva, bytes, run, entrySize);
        if (limitRva is { } at && image.TryReadUInt32(at, out var limit) && limit >= FewestServices && limit <= run)
        {
            evidence.Add($"the number of services at 0x{at:x} is {limit}, and all entries of {entrySize} bytes lead to code");
            return (int)limit;
        }

        limitRva = null;
        if (stubs is { RunCount: > 0 } && stubs.RunCount <= run)
        {
            evidence.Add($"as many entries of {entrySize} bytes lead to code as the kernel has Zw routines");
            return stubs.RunCount;
        }

        if (evidence.Count > 1)
        {
            evidence.Add($"{run} entries of {entrySize} bytes lead to code, and what follows does not");
            return run;
        }

        return 0;
    }

    private uint? FindArguments(ServiceTableCandidate candidate, uint? limitRva, int count, List<string> evidence)
    {
        foreach (var place in new[] { candidate.ArgumentTableRva, limitRva + sizeof(uint) })
        {
            if (place is { } rva && AreArguments(image.Slice(rva, (uint)count).Span, count))
            {
                evidence.Add($"the argument bytes at 0x{rva:x} fit it");
                return rva;
            }
        }

        return null;
    }

    /// <summary>The entries from the start that lead to code, and for pointers are relocated.</summary>
    private int CountEntries(uint rva, ReadOnlySpan<byte> bytes, int entrySize)
    {
        var isPointer = entrySize == image.PointerSize;
        var hasRelocations = image.Relocations.Count > 0;
        var next = isPointer && hasRelocations ? image.Relocations.IndexFrom(rva) : 0;
        var relocations = image.Relocations.Rvas;
        ImageSection? section = null;
        var count = 0;
        for (; count < Limits.ServicesPerTable && (count + 1) * entrySize <= bytes.Length; count++)
        {
            if (isPointer && hasRelocations && (next + count >= relocations.Length || relocations[next + count] != rva + (uint)(count * entrySize)))
            {
                break;
            }

            if (RoutineAt(bytes[(count * entrySize)..], entrySize) is not { } routine)
            {
                break;
            }

            if (section?.Contains(routine) != true && (section = image.SectionAt(routine)) is not { IsExecutable: true })
            {
                break;
            }
        }

        return count;
    }

    private uint? RoutineAt(ReadOnlySpan<byte> entry, int entrySize)
    {
        if (entrySize == sizeof(ulong))
        {
            return image.TryGetRva(BinaryPrimitives.ReadUInt64LittleEndian(entry), out var wide) ? wide : null;
        }

        var value = BinaryPrimitives.ReadUInt32LittleEndian(entry);
        if (!image.Is64Bit)
        {
            return image.TryGetRva(value, out var narrow) ? narrow : null;
        }

        return value < image.SizeOfImage ? value : null;
    }

    /// <summary>On x64 the kernel's tables are assembled in one piece: right behind the last entry stands how many there are.</summary>
    private static uint? FindLimitBehind(uint rva, ReadOnlySpan<byte> bytes, int run, int entrySize)
    {
        for (var count = run; count >= FewestServices; count--)
        {
            var at = count * entrySize;
            if (at + sizeof(uint) <= bytes.Length && BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]) == count)
            {
                return rva + (uint)at;
            }
        }

        return null;
    }

    private bool AreArguments(ReadOnlySpan<byte> bytes, int count)
    {
        var hasAny = false;
        foreach (var value in bytes)
        {
            hasAny |= value != 0;
            if ((value & 3) != 0 || (image.Is64Bit && value > MostStackBytesX64))
            {
                return false;
            }
        }

        return hasAny && bytes.Length == count;
    }

    private ServiceSlot[] ReadSlots(ReadOnlySpan<byte> bytes, int?[] arguments, int count, int entrySize)
    {
        var slots = new ServiceSlot[count];
        for (var i = 0; i < count; i++)
        {
            var entry = bytes[(i * entrySize)..];
            var raw = entrySize == sizeof(ulong) ? BinaryPrimitives.ReadUInt64LittleEndian(entry) : BinaryPrimitives.ReadUInt32LittleEndian(entry);
            slots[i] = new ServiceSlot(raw, RoutineAt(entry, entrySize), arguments[i] / sizeof(uint));
        }

        return slots;
    }
}
