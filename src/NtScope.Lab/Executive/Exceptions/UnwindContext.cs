using NtScope.Lab.Cpu;

namespace NtScope.Lab.Executive.Exceptions;

/// <summary>The registers of a frame while a stack is walked.</summary>
internal sealed class UnwindContext
{
    /// <summary>RAX to R15 as instructions number them.</summary>
    public ulong[] General { get; } = new ulong[16];

    /// <summary>XMM0 to XMM15.</summary>
    public UInt128[] Vector { get; } = new UInt128[16];

    /// <summary>The instruction pointer.</summary>
    public ulong Rip { get; set; }

    /// <summary>The flags.</summary>
    public ulong Flags { get; set; }

    /// <summary>The stack pointer.</summary>
    public ulong Rsp
    {
        get => General[(int)Register.Rsp];
        set => General[(int)Register.Rsp] = value;
    }

    /// <summary>The registers as they stand in the processor.</summary>
    public static UnwindContext Capture(ICpu cpu, ulong rip)
    {
        var context = new UnwindContext { Rip = rip, Flags = cpu.Read(Register.Flags) };
        for (var i = 0; i < 16; i++)
        {
            context.General[i] = cpu.Read((Register)i);
            context.Vector[i] = cpu.ReadVector(i);
        }

        return context;
    }

    /// <summary>An independent copy.</summary>
    public UnwindContext Clone()
    {
        var copy = new UnwindContext { Rip = Rip, Flags = Flags };
        General.CopyTo(copy.General, 0);
        Vector.CopyTo(copy.Vector, 0);
        return copy;
    }

    /// <summary>Loads the registers, except RIP, into the processor.</summary>
    public void Load(ICpu cpu)
    {
        for (var i = 0; i < 16; i++)
        {
            cpu.Write((Register)i, General[i]);
            cpu.WriteVector(i, Vector[i]);
        }
    }
}
