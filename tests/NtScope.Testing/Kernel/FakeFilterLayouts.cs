namespace NtScope.Testing.Kernel;

/// <summary>Layouts of the filter manager's structures: the fields that a walk names, spread as tests like; nothing of a real layout is built in.</summary>
public static class FakeFilterLayouts
{
    /// <summary>New layouts.</summary>
    public static FakeTypes Create() => new FakeTypes()
        .Add("_FLT_RESOURCE_LIST_HEAD", 0x80, ("rList", 0x68, "_LIST_ENTRY"))
        .Add("_FLT_OBJECT", 0x30, ("PrimaryLink", 0x10, "_LIST_ENTRY"))
        .Add("_GLOBALS", 0x100, ("FrameList", 0x10, "_FLT_RESOURCE_LIST_HEAD"))
        .Add("_FLTP_FRAME", 0x100, ("Links", 8, "_LIST_ENTRY"), ("RegisteredFilters", 0x48, "_FLT_RESOURCE_LIST_HEAD"))
        .Add("_FLT_FILTER", 0x200, ("Base", 0, "_FLT_OBJECT"), ("Name", 0x38, "_UNICODE_STRING"), ("DefaultAltitude", 0x48, "_UNICODE_STRING"),
            ("InstanceList", 0x68, "_FLT_RESOURCE_LIST_HEAD"), ("FilterUnload", 0x100, null), ("Operations", 0x1A8, null))
        .Add("_FLT_INSTANCE", 0x100, ("Volume", 0x40, null), ("Altitude", 0x50, "_UNICODE_STRING"), ("Name", 0x60, "_UNICODE_STRING"), ("FilterLink", 0x70, "_LIST_ENTRY"))
        .Add("_FLT_VOLUME", 0x100, ("DeviceName", 0x60, "_UNICODE_STRING"))
        .Add("_FLT_OPERATION_REGISTRATION", 0x20, ("MajorFunction", 0, "byte"), ("PreOperation", 8, null), ("PostOperation", 0x10, null));
}
