using System.Buffers.Binary;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Processes;
using NtScope.Lab.Machine.Sessions;

namespace NtScope.Lab.Machine.Attacks;

/// <summary>Attacks on win32k. What is written to an image of session space goes to a page of the user's session alone: other sessions keep theirs.</summary>
internal sealed class WindowManagerAttacks(MachineContext context, SessionBuilder sessions)
{
    private const ulong PayloadDistance = 0x40_0000;

    private readonly uint _session = ProcessPlan.UserSession(context.Version.Build);
    private ForeignCode? _code;

    private LabAddressSpace Space => sessions.SpaceOf(_session);

    // Near the images of win32k, within reach of the 28 bits of an entry.
    private ForeignCode Code => _code ??= new ForeignCode(context, Space, sessions.Images.Images.Min(image => image.Base) + PayloadDistance);

    private VirtualAddress Table => sessions.Images.Table;

    /// <summary>Leads a service's entry to foreign code.</summary>
    public PlantedTrace Redirect(string service)
    {
        var (entry, target) = (Table + (ulong)(IndexOf(service) * sizeof(uint)), Code.Add());
        Space.WritePrivately(entry, BitConverter.GetBytes(ServiceEntries.Encode(Space, Table, target, ServiceEntries.StackArguments(service, context.IsNarrow))));
        return new PlantedTrace(LabAttack.RedirectedWin32kEntry, service, entry, target, _session);
    }

    /// <summary>Writes a jump to foreign code over the start of a service's routine.</summary>
    public PlantedTrace Hook(string service)
    {
        var (start, target) = (sessions.Images.RoutineOf(IndexOf(service)), Code.Add());
        Space.WritePrivately(start, Code.JumpFrom(start, target));
        return new PlantedTrace(LabAttack.HookedWin32kRoutine, service, start, target, _session);
    }

    /// <summary>Leads the descriptor to a copy of the table, in pages that every session maps.</summary>
    public PlantedTrace Relocate()
    {
        var count = sessions.Images.Services.Count;
        var copy = Code.Add(count * sizeof(uint));
        Span<byte> entry = stackalloc byte[sizeof(uint)];
        for (var index = 0; index < count; index++)
        {
            var place = (ulong)(index * sizeof(uint));
            Space.Read(Table + place, entry, out _);
            Space.WriteUInt32(copy + place, ServiceEntries.Rebase(Space, BinaryPrimitives.ReadUInt32LittleEndian(entry), Table, copy));
        }

        var region = Code.Region!;
        foreach (var other in sessions.Spaces.Where(other => other != Space))
        {
            other.Map(region.Start, region.Physical, region.Length, region.Access);
        }

        var descriptor = context.Kernel.AddressOf(KernelImageWriter.ShadowTable, KernelImageWriter.DescriptorsSize) + 4 * context.PointerSize;
        context.System.WritePointer(descriptor, copy);
        return new PlantedTrace(LabAttack.RelocatedWin32kTable, KernelImageWriter.ShadowTable, descriptor, copy);
    }

    private int IndexOf(string service)
    {
        for (var index = 0; index < sessions.Images.Services.Count; index++)
        {
            if (string.Equals(sessions.Images.Services[index], service, StringComparison.Ordinal))
            {
                return index;
            }
        }

        throw new InvalidOperationException($"win32k of {context.Version} has no {service}");
    }
}
