using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFSTRING. Its text is in the paged pool.</summary>
internal sealed class FrameworkString : FrameworkObject
{
    private readonly LabKernel _kernel;

    /// <summary>Makes a string with a text.</summary>
    public FrameworkString(LabKernel kernel, FrameworkClient client, string text)
        : base(client)
    {
        _kernel = kernel;
        Set(text);
        Destroyed = () => _kernel.Pool.Free(Buffer);
    }

    /// <summary>The text's characters in memory, with a terminator.</summary>
    public ulong Buffer { get; private set; }

    /// <summary>How many characters there are without the terminator.</summary>
    public int Length { get; private set; }

    /// <summary>The text.</summary>
    public string Text => _kernel.Memory.ReadString(Buffer, Length);

    /// <summary>Exchanges the text.</summary>
    public void Set(string text)
    {
        if (Buffer != 0)
        {
            _kernel.Pool.Free(Buffer);
        }

        Length = text.Length;
        Buffer = _kernel.Pool.Allocate((ulong)(Length + 1) * 2, Client.Tag, PoolKind.Paged);
        _kernel.Memory.WriteString(Buffer, text);
    }
}
