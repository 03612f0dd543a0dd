namespace NtScope.Lab.Executive.Exceptions;

/// <summary>What unwinding one frame found.</summary>
/// <param name="Establisher">The frame's address, as handlers are told it.</param>
/// <param name="Handler">The language handler, or 0.</param>
/// <param name="HandlerData">The handler's data behind the unwind codes.</param>
/// <param name="FunctionEntry">The RUNTIME_FUNCTION, or 0 for a leaf.</param>
/// <param name="ImageBase">The image's base.</param>
/// <param name="Flags">UNW_FLAG_EHANDLER 1, UNW_FLAG_UHANDLER 2.</param>
internal readonly record struct FrameHandler(
    ulong Establisher, ulong Handler, ulong HandlerData, ulong FunctionEntry, ulong ImageBase, int Flags);
