namespace NtScope.Lab.Executive.Filters;

/// <summary>FLT_CONTEXT_REGISTRATION.</summary>
/// <param name="Type">FLT_VOLUME_CONTEXT 1, FLT_INSTANCE_CONTEXT 2, FLT_FILE_CONTEXT 4, FLT_STREAM_CONTEXT 8, FLT_STREAMHANDLE_CONTEXT 0x10.</param>
/// <param name="Cleanup">What is called before a context is freed; 0 for none.</param>
/// <param name="Size">The bytes; all bits set for any size.</param>
/// <param name="Tag">The pool tag.</param>
internal sealed record ContextRegistration(ushort Type, ulong Cleanup, ulong Size, uint Tag);
