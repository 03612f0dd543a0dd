
namespace NtScope.Windows.VirtualDesktops;

/// <summary>A COM interface pointer, called by the slots of its table.</summary>
internal sealed unsafe class ComPointer(nint value) : IDisposable
{
    private const int ReleaseSlot = 2;
    private nint _value = value;

    /// <summary>The pointer, to pass as an argument.</summary>
    public nint Value => _value;

    /// <summary>A method without arguments but the object.</summary>
    public nint Slot(int index) => ((nint**)_value)[0][index];

    /// <summary>Takes a pointer that a call returned.</summary>
    /// <exception cref="ComFailure">The call failed; it says which.</exception>
    public static ComPointer Take(int result, nint pointer, string call) =>
        result >= 0 && pointer != 0 ? new ComPointer(pointer) : throw new ComFailure(call, result);

    public void Dispose()
    {
        if (_value != 0)
        {
            ((delegate* unmanaged[Stdcall]<nint, uint>)Slot(ReleaseSlot))(_value);
            _value = 0;
        }
    }
}
