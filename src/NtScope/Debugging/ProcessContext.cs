using NtScope.Kernel;
using NtScope.Targets;

namespace NtScope.Debugging;

/// <summary>The process and thread that commands are about, and the registers, found through the first processor of a captured kernel.</summary>
/// <param name="target">The target.</param>
public sealed class ProcessContext(Target target)
{
    private readonly Lazy<KernelContext?> _kernel = new(() => Open(target));
    private VirtualAddress? _chosen;

    /// <summary>The process in context: the one that was chosen, else the first processor's; zero if it is not to be found.</summary>
    public VirtualAddress Process => _chosen ?? Follow("_KTHREAD", Thread, "ApcState.Process");

    /// <summary>The thread of the first processor; zero if it is not to be found.</summary>
    public VirtualAddress Thread => Follow("_KPRCB", Processor, "CurrentThread");

    /// <summary>The first processor's block (_KPRCB); zero if it is not to be found.</summary>
    public VirtualAddress Processor => _kernel.Value?.FindPointer("KiProcessorBlock") ?? VirtualAddress.Zero;

    /// <summary>What a register held when the first processor's state was saved (_KPRCB.ProcessorState), as in a crash dump.</summary>
    /// <param name="name">The register: <c>rip</c>, <c>eax</c>, <c>efl</c>.</param>
    /// <param name="value">What it held.</param>
    public bool TryGetRegister(string name, out ulong value)
    {
        value = 0;
        if (_kernel.Value is not { } kernel || Processor.IsZero || RegisterField.Of(name) is not { } register)
        {
            return false;
        }

        if (kernel.OffsetOf("_KPRCB", "ProcessorState.ContextFrame." + register.Field) is not { } offset)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        var read = kernel.Memory.TryRead(Processor + offset, bytes[..register.Size], out _);
        value = read ? BitConverter.ToUInt64(bytes) : 0;
        return read;
    }

    /// <summary>The modules of the process in context behind those of the target; empty if its own were not asked for.</summary>
    public IReadOnlyList<Module> UserModules { get; private set; } = [];

    /// <summary>Makes the session read the memory of a process; of the system for address zero.</summary>
    /// <param name="session">The session.</param>
    /// <param name="process">The process (_EPROCESS).</param>
    /// <param name="withModules">Whether the modules of its loader join those of the target.</param>
    /// <exception cref="DebuggerException">There are no page tables or layouts, or the process cannot be read.</exception>
    public void Choose(DebuggerSession session, VirtualAddress process, bool withModules = false)
    {
        if (process.IsZero)
        {
            (_chosen, session.Memory, session.DirectoryTable, UserModules) = (null, target.Memory, null, []);
            return;
        }

        var spaces = target.AddressSpaces ?? throw new DebuggerException("The target has no page tables: it is not a capture of physical memory");
        var table = Follow("_KPROCESS", process, "DirectoryTableBase");
        if (table.IsZero)
        {
            throw new DebuggerException($"Process {session.Format(process)} has invalid page directories");
        }

        (_chosen, session.DirectoryTable) = (process, new PhysicalAddress(table.Value));
        session.Memory = spaces.Open(session.DirectoryTable.Value);
        var block = Follow("_EPROCESS", process, "Peb");
        UserModules = withModules && !block.IsZero
            ? [.. target.Modules, .. LoaderList.Read(session.Memory, block, out _).Select(module => PlacedTarget.Place(module, target.Architecture))]
            : [];
    }

    private static KernelContext? Open(Target target)
    {
        try
        {
            return new KernelContext(target);
        }
        catch (InputException)
        {
            return null;
        }
    }

    private VirtualAddress Follow(string structure, VirtualAddress address, string path) =>
        !address.IsZero && _kernel.Value is { } kernel && kernel.OffsetOf(structure, path) is { } offset && kernel.ReadPointer(address + offset) is { } value
            ? value
            : VirtualAddress.Zero;
}
