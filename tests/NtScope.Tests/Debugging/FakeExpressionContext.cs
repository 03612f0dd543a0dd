using NtScope.Debugging.Expressions;

namespace NtScope.Tests.Debugging;

/// <summary>The head of an image at 1000h, one symbol at 2000h, one register.</summary>
internal sealed class FakeExpressionContext : IExpressionContext, IMemory
{
    private static readonly byte[] Head = [0x4d, 0x5a, 0x90, 0x00, 0x03, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0xff, 0xff, 0x00, 0x00];

    public IMemory Memory => this;

    public int Radix => 16;

    public int PointerSize => sizeof(ulong);

    public IReadOnlyList<VirtualAddress> FindSymbol(string name) => name == "nt!Name" ? [new VirtualAddress(0x2000)] : [];

    public bool TryGetRegister(string name, out ulong value)
    {
        value = 7;
        return name == "$t0";
    }

    public bool TryGetEntryPoint(VirtualAddress imageBase, out VirtualAddress entryPoint)
    {
        entryPoint = default;
        return false;
    }

    public int Read(VirtualAddress address, Span<byte> destination, out ReadFault fault)
    {
        var offset = address.Value - 0x1000;
        var count = offset < (ulong)Head.Length ? Math.Min(destination.Length, Head.Length - (int)offset) : 0;
        Head.AsSpan((int)(count == 0 ? 0 : offset), count).CopyTo(destination);
        fault = count == destination.Length ? default : new ReadFault(ReadFaultKind.Unmapped, address.Value + (ulong)count);
        return count;
    }
}
