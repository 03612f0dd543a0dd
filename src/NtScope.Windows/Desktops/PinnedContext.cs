using System.Runtime.InteropServices;

namespace NtScope.Windows.Desktops;

/// <summary>An object as the context of a callback, for as long as the call takes.</summary>
internal readonly struct PinnedContext(object target) : IDisposable
{
    private readonly GCHandle _handle = GCHandle.Alloc(target);

    /// <summary>What to pass as the context.</summary>
    public nint Value => GCHandle.ToIntPtr(_handle);

    /// <summary>The object behind a context.</summary>
    public static T Of<T>(nint context)
        where T : class => (T)GCHandle.FromIntPtr(context).Target!;

    public void Dispose() => _handle.Free();
}
