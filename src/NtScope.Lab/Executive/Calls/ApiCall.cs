using NtScope.Lab.Cpu;

namespace NtScope.Lab.Executive.Calls;

/// <summary>One call of an executive routine by a driver: typed access to its arguments as the x64 convention passes them.</summary>
internal readonly ref struct ApiCall(LabKernel kernel, ApiEntry entry, CallRegisters registers, ulong returnAddress)
{
    /// <summary>The routine that is called.</summary>
    public ApiEntry Entry { get; } = entry;

    /// <summary>Where it returns to: the place of the call.</summary>
    public ulong ReturnAddress { get; } = returnAddress;

    /// <summary>An argument as it was passed, counted from 0.</summary>
    public ulong this[int index] => index switch
    {
        0 => registers.Rcx,
        1 => registers.Rdx,
        2 => registers.R8,
        3 => registers.R9,
        _ => kernel.Memory.ReadUInt64(registers.Rsp + 8 + ((ulong)index * 8)),
    };

    /// <summary>The guest address of an argument on the stack and of those behind it, for variable arguments.</summary>
    public ulong StackAddress(int index) => registers.Rsp + 8 + ((ulong)index * 8);

    /// <summary>A BOOLEAN or UCHAR.</summary>
    public byte Byte(int index) => (byte)this[index];

    /// <summary>A USHORT.</summary>
    public ushort UInt16(int index) => (ushort)this[index];

    /// <summary>A ULONG.</summary>
    public uint UInt32(int index) => (uint)this[index];

    /// <summary>A LONG.</summary>
    public int Int32(int index) => (int)this[index];

    /// <summary>A LONGLONG passed by value.</summary>
    public long Int64(int index) => (long)this[index];

    /// <summary>Whether a BOOLEAN is true.</summary>
    public bool Flag(int index) => (byte)this[index] != 0;

    /// <summary>The text of a UNICODE_STRING that is passed by its address.</summary>
    public string UnicodeString(int index) => kernel.Memory.ReadUnicodeString(this[index]);
}
