using Iced.Intel;
using NtScope.Images;

namespace NtScope.Syscalls.Verification;

/// <summary>Checks the first instructions of each routine: against the file, else by where they lead.</summary>
internal sealed class RoutineVerification(VerificationContext context, ExpectedTable expected)
{
    private const int ComparedBytes = 32;
    private const int Margin = sizeof(ulong);

    private readonly Lazy<HashSet<VirtualAddress>> _imported = new(() => ReadImported(expected));

    /// <summary>Checks the routines that the table should have, and those it has where nothing says which it should have.</summary>
    public void Verify()
    {
        var isDone = new HashSet<VirtualAddress>();
        var encoding = ServiceTableEntry.EncodingOf(context.Target.Architecture, context.Target.Modules[0].Version?.Build ?? 0);
        var count = expected.Count ?? (int)Math.Min(expected.LimitInMemory ?? 0, Limits.ServicesPerTable);
        for (var i = 0; i < count; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var routine = i < expected.Routines.Count && expected.Routines[i] is { } rva
                ? expected.Base + rva
                : expected.Memory.TryReadUInt32(expected.Start + (ulong)(i * sizeof(uint)), out var raw, out _)
                    ? new ServiceTableEntry(raw, encoding).RoutineIn(expected.Start)
                    : (VirtualAddress?)null;
            if (routine is { } address && expected.Module.Contains(address) && isDone.Add(address))
            {
                Verify(new ServiceIndex(expected.Kind, i), address);
            }
        }
    }

    private void Verify(ServiceIndex index, VirtualAddress routine)
    {
        var found = new byte[ComparedBytes];
        var read = expected.Memory.Read(routine, found, out _);
        if (read == 0)
        {
            context.CountUnreadable($"routines of {expected.Module.Name}");
            return;
        }

        if (expected.File is { } file)
        {
            var wanted = FromFile(file, (uint)(routine - expected.Base), read);
            if (wanted.Length > 0 && FirstChange(file, (uint)(routine - expected.Base), wanted, found.AsSpan(0, wanted.Length)) is { } at)
            {
                var way = ControlTransfer.Follow(expected.Memory, routine + (ulong)at) ?? ControlTransfer.Follow(expected.Memory, routine);
                Add(index, routine, way, VerificationEvidence.File, Convert.ToHexStringLower(wanted.AsSpan(at)),
                    $"{(at == 0 ? "its first bytes are" : $"at +0x{at:x} stands")} {Convert.ToHexStringLower(found.AsSpan(at, Math.Min(16, wanted.Length - at)))}, the file has {Convert.ToHexStringLower(wanted.AsSpan(at, Math.Min(16, wanted.Length - at)))}"
                    + (way is null ? string.Empty : $"; it goes to {way.Target} ({way.Text})"));
            }

            if (wanted.Length > 0)
            {
                return;
            }
        }

        if (ControlTransfer.Follow(expected.Memory, routine) is { } transfer && LeadsAway(transfer))
        {
            Add(index, routine, transfer, VerificationEvidence.Structure, null, $"it goes to {transfer.Target} at once ({transfer.Text})");
        }
    }

    // An import leads to another module too, also where the loader made a direct jump of it; any other jump that is written in the code stays in its
    // image. Code outside every module is never right, if all modules are known.
    private bool LeadsAway(ControlTransfer transfer)
    {
        if (context.Target.ModuleAt(transfer.Target) is { } owner)
        {
            return transfer.IsDirect && owner.Base != expected.Module.Base && !_imported.Value.Contains(transfer.Target);
        }

        return context.Target.IsModuleListWhole
            ? transfer.IsDirect || expected.Memory.Read(transfer.Target, new byte[1], out _) == 1
            : transfer.IsDirect && !_imported.Value.Contains(transfer.Target);
    }

    private static HashSet<VirtualAddress> ReadImported(ExpectedTable expected)
    {
        var routines = new HashSet<VirtualAddress>();
        foreach (var function in expected.Module.Image?.Imports.SelectMany(module => module.Functions) ?? [])
        {
            if (expected.Memory.TryReadPointer(expected.Base + function.SlotRva, out var routine, out _))
            {
                routines.Add(routine);
            }
        }

        return routines;
    }

    private byte[] FromFile(PeImage file, uint rva, int length)
    {
        var end = file.RuntimeFunctions.Find(rva) is { } function ? Math.Min(length, (int)(function.End - rva)) : length;
        if (rva < Margin || end <= 0)
        {
            return [];
        }

        // Relocations are applied as the loader did, those too that begin before the routine or end behind what is compared.
        var bytes = new byte[Margin + end + Margin];
        var read = file.Read(rva - Margin, bytes, out _);
        if (read < Margin + end)
        {
            return [];
        }

        var delta = unchecked(expected.Base.Value - file.PreferredBase);
        var relocations = file.Relocations.Rvas;
        for (var i = file.Relocations.IndexFrom(rva - Margin); i < relocations.Length && relocations[i] < rva + end; i++)
        {
            var at = (int)(relocations[i] - (rva - Margin));
            switch (file.Relocations[i].Kind)
            {
                case RelocationKind.Address64 when at + sizeof(ulong) <= bytes.Length:
                    BitConverter.TryWriteBytes(bytes.AsSpan(at), unchecked(BitConverter.ToUInt64(bytes, at) + delta));
                    break;
                case RelocationKind.HighLow when at + sizeof(uint) <= bytes.Length:
                    BitConverter.TryWriteBytes(bytes.AsSpan(at), unchecked(BitConverter.ToUInt32(bytes, at) + (uint)delta));
                    break;
            }
        }

        return bytes[Margin..(Margin + end)];
    }

    // Instruction by instruction, so that what the kernel itself rewrites at boot can be told from a change.
    private int? FirstChange(PeImage file, uint rva, byte[] wanted, ReadOnlySpan<byte> found)
    {
        if (found.SequenceEqual(wanted))
        {
            return null;
        }

        var decoder = Decoder.Create(file.Is64Bit ? 64 : 32, wanted, expected.Base.Value + rva);
        var foundBytes = found.ToArray();
        for (var at = 0; at < wanted.Length;)
        {
            decoder.Decode(out var original);
            var length = original.IsInvalid ? wanted.Length - at : Math.Min(original.Length, wanted.Length - at);
            if (!foundBytes.AsSpan(at, length).SequenceEqual(wanted.AsSpan(at, length)) && !IsRewrittenAtBoot(original, foundBytes, at, expected.Base.Value + rva))
            {
                return at;
            }

            at += length;
        }

        return null;
    }

    /// <summary>
    /// Windows itself changes code when it loads an image (dynamic value relocations): constants that hold randomised addresses of the memory
    /// manager, and indirect calls and jumps through imports, which become direct ones or go through retpolines.
    /// </summary>
    private bool IsRewrittenAtBoot(Instruction original, byte[] found, int at, ulong start)
    {
        if (original.IsInvalid)
        {
            return false;
        }

        var decoder = Decoder.Create(expected.Memory.PointerSize * 8, found[at..], start + (ulong)at);
        decoder.Decode(out var now);
        if (original.Op1Kind == OpKind.Immediate64 && now.Code == original.Code && now.Op0Register == original.Op0Register)
        {
            // Regions that boot places anywhere are in no module.
            return original.Immediate64 >> 47 == 0x1FFFF && now.Immediate64 >> 47 == 0x1FFFF && context.Target.ModuleAt(new VirtualAddress(now.Immediate64)) is null;
        }

        var isIndirect = original.IsCallNearIndirect || original.IsJmpNearIndirect;
        return isIndirect && (now.IsCallNear || now.IsJmpShortOrNear) && IsWayOf(original, new VirtualAddress(now.NearBranchTarget));
    }

    // A direct jump goes where the import's slot leads; a retpoline is in the image itself or in the kernel.
    private bool IsWayOf(Instruction original, VirtualAddress target) =>
        original.IsIPRelativeMemoryOperand && expected.Memory.TryReadPointer(new VirtualAddress(original.IPRelativeMemoryAddress), out var routine, out _) && routine == target
        || expected.Module.Contains(target) || context.Target.Modules[0].Contains(target);

    private void Add(ServiceIndex index, VirtualAddress routine, ControlTransfer? transfer, VerificationEvidence evidence, string? wanted, string detail) =>
        context.Add(new VerificationRow
        {
            Kind = VerificationKind.InlineHook,
            Table = expected.Kind,
            Index = index,
            Name = context.NameOf(index),
            Address = routine,
            Expected = wanted,
            Target = transfer?.Target,
            Owner = transfer is null ? null : context.OwnerOf(transfer.Target),
            Evidence = evidence,
            Detail = detail,
        }, expected.Session);
}
