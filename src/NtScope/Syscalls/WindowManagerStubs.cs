using Iced.Intel;
using NtScope.Images;

namespace NtScope.Syscalls;

/// <summary>
/// Follows the entries of win32k.sys (14393 and later) to where they hand services on: a jump through an import, or a check whether a
/// slot is filled and a call of what it holds. Also reads the names that the image exports for its service numbers.
/// </summary>
internal sealed class WindowManagerStubs
{
    private const int MaximumInstructions = 16;
    private const int MovesBeforeCheck = 6;
    private const string NumberPrefix = "__win32kstub_";

    private readonly PeImage _image;
    private readonly InstructionReader _code;
    private readonly Dictionary<uint, HandedOnService> _imports = [];
    private readonly Lazy<ApiSetSlots> _apiSets;
    private readonly Lazy<Dictionary<ulong, HandedOnService>> _targets;

    public WindowManagerStubs(PeImage image)
    {
        _image = image;
        _code = new InstructionReader(image);
        _apiSets = new(() => new ApiSetSlots(image));
        _targets = new(ReadTargets);
        foreach (var module in image.Imports)
        {
            if (!IsPartOfWindowManager(module.Name))
            {
                continue;
            }

            foreach (var function in module.Functions)
            {
                if (function.Name is { } name)
                {
                    _imports.TryAdd(function.SlotRva, new HandedOnService(name, module.Name, null, 0));
                }
            }
        }
    }

    /// <summary>Where the stub at <paramref name="rva"/> hands its service on to; null if it is the service itself, or its way is not known.</summary>
    public HandedOnService? Follow(uint rva)
    {
        _code.MoveTo(rva);
        for (var i = 0; i < MaximumInstructions && _code.TryNext(out var instruction); i++)
        {
            switch (instruction.FlowControl)
            {
                case FlowControl.Next when instruction.Mnemonic == Mnemonic.Mov && instruction.Op0Kind == OpKind.Register
                    && _code.TryGetMemoryRva(instruction, out var loaded):
                    return IsCheckOf(instruction.Op0Register) ? Behind(loaded) : null;
                case FlowControl.Next:
                    break;
                case FlowControl.IndirectBranch or FlowControl.IndirectCall:
                    return _code.TryGetMemoryRva(instruction, out var slot) ? Behind(slot) : null;
                case FlowControl.UnconditionalBranch when _image.IsMapped:
                    // The loader of Windows 10 1809 and later makes a direct jump of a jump through an import.
                    return _targets.Value.GetValueOrDefault(unchecked(_image.PreferredBase + instruction.NearBranchTarget));
                default:
                    return null;
            }
        }

        return null;
    }

    /// <summary>The services that exports <c>__win32kstub_X</c> name: each returns the number of X in the table.</summary>
    public Dictionary<int, string> ReadExportedNumbers()
    {
        var names = new Dictionary<int, string>();
        foreach (var function in _image.Exports.Functions)
        {
            if (function.Forwarder is null && function.Name is { } name && name.StartsWith(NumberPrefix, StringComparison.Ordinal))
            {
                _code.MoveTo(function.Rva);
                if (_code.TryNext(out var load) && load.Code == Code.Mov_r32_imm32 && load.Op0Register == Register.EAX
                    && _code.TryNext(out var end) && end.FlowControl == FlowControl.Return && load.Immediate32 < Limits.ServicesPerTable)
                {
                    names.TryAdd((int)load.Immediate32, name[NumberPrefix.Length..]);
                }
            }
        }

        return names;
    }

    private static bool IsPartOfWindowManager(string module) =>
        module.StartsWith("win32k", StringComparison.OrdinalIgnoreCase) || module.StartsWith("ext-ms-win-", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether one of the next instructions, all of them moves before it, tests a register that was just loaded.</summary>
    private bool IsCheckOf(Register register)
    {
        for (var i = 0; i < MovesBeforeCheck && _code.TryNext(out var next); i++)
        {
            if (next.Mnemonic == Mnemonic.Test)
            {
                return next.Op0Register == register && next.Op1Register == register;
            }

            if (next.Mnemonic != Mnemonic.Mov || next.Op0Register == register)
            {
                return false;
            }
        }

        return false;
    }

    private Dictionary<ulong, HandedOnService> ReadTargets()
    {
        var targets = new Dictionary<ulong, HandedOnService>();
        foreach (var (slot, service) in _imports)
        {
            if (_image.TryReadUInt64(slot, out var target))
            {
                targets.TryAdd(target, service);
            }
        }

        return targets;
    }

    private HandedOnService? Behind(uint slot) => _imports.TryGetValue(slot, out var import) ? import : _apiSets.Value.Find(slot);
}
