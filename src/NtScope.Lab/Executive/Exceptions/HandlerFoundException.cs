namespace NtScope.Lab.Executive.Exceptions;

/// <summary>A filter chose its <c>__except</c> block.</summary>
internal sealed class HandlerFoundException(ulong establisher, ulong target) : Exception("an exception handler was found")
{
    /// <summary>The frame.</summary>
    public ulong Establisher { get; } = establisher;

    /// <summary>The block's first instruction.</summary>
    public ulong Target { get; } = target;
}
