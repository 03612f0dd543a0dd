namespace NtScope.Windows.VirtualDesktops;

/// <summary>A COM call that failed.</summary>
/// <param name="call">Which.</param>
/// <param name="result">Its HRESULT.</param>
internal sealed class ComFailure(string call, int result) : Exception(call)
{
    /// <summary>The HRESULT.</summary>
    public int Result { get; } = result;
}
