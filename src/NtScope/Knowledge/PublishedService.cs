namespace NtScope.Knowledge;

/// <summary>A system service as published of one build.</summary>
/// <param name="Index">Its number as the caller puts it in EAX: nt from 0, win32k from 0x1000, ium from 0x8000000.</param>
/// <param name="Name">Its name.</param>
public readonly record struct PublishedService(int Index, string Name);
