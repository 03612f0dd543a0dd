namespace NtScope.Lab.Executive.Configuration;

/// <summary>REG_NOTIFY_CLASS (wdm.h): the operations that registry callbacks are told of.</summary>
internal enum RegistryNotification
{
    PreDeleteKey = 0,
    PreSetValueKey = 1,
    PreDeleteValueKey = 2,
    PreRenameKey = 4,
    PreEnumerateKey = 5,
    PreEnumerateValueKey = 6,
    PreQueryKey = 7,
    PreQueryValueKey = 8,
    PreKeyHandleClose = 14,
    PostDeleteKey = 15,
    PostSetValueKey = 16,
    PostDeleteValueKey = 17,
    PostRenameKey = 19,
    PostEnumerateKey = 20,
    PostEnumerateValueKey = 21,
    PostQueryKey = 22,
    PostQueryValueKey = 23,
    PostKeyHandleClose = 25,
    PreCreateKeyEx = 26,
    PostCreateKeyEx = 27,
    PreOpenKeyEx = 28,
    PostOpenKeyEx = 29,
    PreFlushKey = 30,
    PostFlushKey = 31,
}
