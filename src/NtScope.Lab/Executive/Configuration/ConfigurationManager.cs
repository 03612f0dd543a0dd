using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Registry;

namespace NtScope.Lab.Executive.Configuration;

/// <summary>Registry operations, each between its callbacks.</summary>
internal sealed class ConfigurationManager(LabKernel kernel)
{
    private const int CreateBytes = 0x70;

    /// <summary>Opens or creates a key.</summary>
    /// <param name="root">The key that the name is relative to; null for a full path.</param>
    /// <param name="name">The name.</param>
    /// <param name="create">Whether it may be created.</param>
    /// <param name="access">The desired access.</param>
    /// <param name="key">The key's object with one reference.</param>
    /// <param name="created">Whether it was created.</param>
    public NtStatus Open(KernelObject? root, string name, bool create, uint access, out KernelObject? key, out bool created)
    {
        KernelObject? opened = null;
        var wasCreated = false;
        var full = root is null ? RegistryHive.Normalise(name) : name;
        var status = kernel.RegistryCallbacks.Do(
            create ? RegistryNotification.PreCreateKeyEx : RegistryNotification.PreOpenKeyEx, null, CreateBytes + 0x20 + ((full.Length + 1) * 2), 0x50,
            block =>
            {
                var text = block + CreateBytes + 0x10;
                kernel.Memory.WriteString(text, full);
                kernel.Memory.WriteUnicodeString(block + CreateBytes, text, full.Length * 2, (full.Length + 1) * 2);
                kernel.Memory.WriteUInt64(block, block + CreateBytes);
                kernel.Memory.WriteUInt64(block + 8, root?.Address ?? 0);
                kernel.Memory.WriteUInt64(block + 0x10, kernel.Objects.TypeOf(ObjectKind.Key));
                kernel.Memory.WriteUInt32(block + 0x38, access);
                kernel.Memory.WriteUInt32(block + 0x3C, access);
            },
            () =>
            {
                var start = root is null ? null : KeyOf(root);
                var found = start is null ? kernel.Hive.Find(full) : RegistryHive.Find(start, full);
                if (found is null && !create)
                {
                    return (NtStatus.ObjectNameNotFound, null);
                }

                wasCreated = found is null;
                found ??= start is null ? kernel.Hive.Create(full) : kernel.Hive.Create(start, full);
                if (found is null)
                {
                    return (NtStatus.ObjectPathSyntaxBad, null);
                }

                opened = kernel.Objects.Create(ObjectKind.Key, 0x48);
                opened.State = found;
                opened.Closed = () => CloseHandle(opened);
                return (NtStatus.Success, opened);
            });
        if ((int)status < 0 && opened is not null)
        {
            kernel.Objects.Dereference(opened);
            opened = null;
        }

        key = opened;
        created = wasCreated;
        return opened is null && (int)status >= 0 ? NtStatus.AccessDenied : status;
    }

    /// <summary>Sets a value.</summary>
    public NtStatus SetValue(KernelObject key, string name, uint type, byte[] data) => WithName(key, name, RegistryNotification.PreSetValueKey, 0x40, 0x28,
        data,
        (block, buffer) =>
        {
            kernel.Memory.WriteUInt32(block + 0x14, type);
            kernel.Memory.WriteUInt64(block + 0x18, buffer);
            kernel.Memory.WriteUInt32(block + 0x20, (uint)data.Length);
        },
        state => kernel.Hive.Set(state, name, new RegistryData(type, data)) ? NtStatus.Success : NtStatus.InsufficientResources);

    /// <summary>Deletes a value.</summary>
    public NtStatus DeleteValue(KernelObject key, string name) => WithName(key, name, RegistryNotification.PreDeleteValueKey, 0x28, 0x10, [], (_, _) => { },
        state => kernel.Hive.Remove(state, name) ? NtStatus.Success : NtStatus.ObjectNameNotFound);

    /// <summary>Reads a value.</summary>
    public NtStatus QueryValue(KernelObject key, string name, uint informationClass, ulong buffer, uint length, out RegistryData? data)
    {
        RegistryData? found = null;
        var status = WithName(key, name, RegistryNotification.PreQueryValueKey, 0x48, 0x30, [],
            (block, _) =>
            {
                kernel.Memory.WriteUInt32(block + 0x10, informationClass);
                kernel.Memory.WriteUInt64(block + 0x18, buffer);
                kernel.Memory.WriteUInt32(block + 0x20, length);
            },
            state => state.Values.TryGetValue(name, out found) ? NtStatus.Success : NtStatus.ObjectNameNotFound);
        data = found;
        return status;
    }

    /// <summary>Deletes a key.</summary>
    public NtStatus DeleteKey(KernelObject key) => kernel.RegistryCallbacks.Do(RegistryNotification.PreDeleteKey, key, 0x20, 8, _ => { }, () =>
    {
        var state = KeyOf(key);
        if (state.Keys.Count > 0 || state.Parent is null)
        {
            return (NtStatus.CannotDelete, key);
        }

        state.IsDeleted = true;
        state.Parent.Keys.Remove(state.Name);
        return (NtStatus.Success, key);
    });

    /// <summary>Renames a key.</summary>
    public NtStatus RenameKey(KernelObject key, string name) => WithName(key, name, RegistryNotification.PreRenameKey, 0x28, 0x10, [], (_, _) => { }, state =>
    {
        if (state.Parent is null || state.Parent.Keys.ContainsKey(name))
        {
            return NtStatus.ObjectNameCollision;
        }

        state.Parent.Keys.Remove(state.Name);
        state.Name = name;
        state.Parent.Keys.Add(name, state);
        return NtStatus.Success;
    });

    /// <summary>What stands behind a key's object.</summary>
    public static RegistryKey KeyOf(KernelObject key) => (RegistryKey)key.State!;

    private void CloseHandle(KernelObject key)
    {
        _ = kernel.RegistryCallbacks.Do(RegistryNotification.PreKeyHandleClose, key, 0x20, 8, _ => { }, () => (NtStatus.Success, key));
    }

    private NtStatus WithName(
        KernelObject key, string name, RegistryNotification operation, int bytes, ulong callContext, byte[] data, Action<ulong, ulong> fill, Func<RegistryKey, NtStatus> perform)
    {
        var textBytes = (name.Length + 1) * 2;
        var extra = 0x10 + ((textBytes + 15) & ~15) + data.Length;
        return kernel.RegistryCallbacks.Do(operation, key, (bytes + extra + 15) & ~15, callContext,
            block =>
            {
                var text = block + (ulong)bytes + 0x10;
                kernel.Memory.WriteString(text, name);
                kernel.Memory.WriteUnicodeString(block + (ulong)bytes, text, name.Length * 2, textBytes);
                kernel.Memory.WriteUInt64(block + 8, block + (ulong)bytes);
                var buffer = text + (((ulong)textBytes + 15) & ~15UL);
                kernel.Memory.Write(buffer, data);
                fill(block, buffer);
            },
            () => (KeyOf(key).IsDeleted ? NtStatus.KeyDeleted : perform(KeyOf(key)), key));
    }
}
