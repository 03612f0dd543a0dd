using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Processes;

namespace NtScope.Lab.Machine.Attacks;

/// <summary>Writes jumps over system call stubs of one process; others keep the page of the file.</summary>
internal sealed class StubAttacks(MachineContext context, MachineProcess process, UserImages images)
{
    private const ulong Payload = 0x1700_0000;
    private const int Spacing = 0x100;

    private int _used;

    /// <summary>mov rax,target; jmp rax. On x86 mov eax,target; jmp eax.</summary>
    public PlantedTrace Patch(LabAttack attack, string service)
    {
        if (_used == 0)
        {
            process.Space.Allocate(new VirtualAddress(Payload), PhysicalRam.PageSize, PageAccess.User | PageAccess.Write | PageAccess.Execute);
        }

        var target = new VirtualAddress(Payload + (ulong)_used);
        _used += Spacing;
        process.Space.Write(target, context.Code("foreign stub", Spacing));
        byte[] code = context.IsNarrow
            ? [0xB8, .. BitConverter.GetBytes((uint)target.Value), 0xFF, 0xE0]
            : [0x48, 0xB8, .. BitConverter.GetBytes(target.Value), 0xFF, 0xE0];
        var stub = images.StubOf(service);
        process.Space.WritePrivately(stub, code);
        return new PlantedTrace(attack, service, stub, target);
    }
}
