using System.Text;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Registry;

namespace NtScope.Lab.Executive.Configuration;

/// <summary>Registry operations, each between its callbacks.</summary>
internal sealed class ConfigurationManager(LabKernel kernel)
{
    private const int CreateBytes = 0x88;
    private const uint CreatedNewKey = 1;
    private const uint OpenedExistingKey = 2;

    /// <summary>Queries and enumerations.</summary>
    public KeyQueries Queries { get; } = new(kernel);

    /// <summary>Makes the key of a driver's service, as its installation does, unless it is there.</summary>
    /// <param name="driver">The driver's file name.</param>
    public void AddService(string driver)
    {
        const uint ExpandedText = 2;
        const uint Number = 4;
        var path = @"\REGISTRY\MACHINE\SYSTEM\CurrentControlSet\Services\" + Path.GetFileNameWithoutExtension(driver);
        if (kernel.Hive.Find(path) is not { Values.Count: > 0 } && kernel.Hive.Create(path) is { } service)
        {
            kernel.Hive.Set(service, "ImagePath", new RegistryData(ExpandedText, Encoding.Unicode.GetBytes($@"System32\drivers\{driver}" + '\0')));
            foreach (var (name, value) in (ReadOnlySpan<(string, int)>)[("Type", 1), ("Start", 3), ("ErrorControl", 1)])
            {
                kernel.Hive.Set(service, name, new RegistryData(Number, BitConverter.GetBytes(value)));
            }
        }
    }

    /// <summary>Opens or creates a key.</summary>
    /// <param name="root">The key that the name is relative to; null for a full path.</param>
    /// <param name="name">The name.</param>
    /// <param name="create">Whether it may be created, below a key that is there.</param>
    /// <param name="access">The desired access.</param>
    /// <param name="options">REG_OPTION flags.</param>
    /// <param name="key">The key's object with one reference.</param>
    /// <param name="created">Whether it was created.</param>
    public NtStatus Open(KernelObject? root, string name, bool create, uint access, uint options, out KernelObject? key, out bool created)
    {
        const ulong DispositionCell = CreateBytes;
        const ulong ResultCell = CreateBytes + 8;
        const ulong NameAt = CreateBytes + 0x10;
        KernelObject? opened = null;
        uint disposition = 0;
        var full = root is null ? RegistryHive.Normalise(name) : name;
        var status = kernel.RegistryCallbacks.Do(
            create ? RegistryNotification.PreCreateKeyEx : RegistryNotification.PreOpenKeyEx, null, CreateBytes + 0x30 + ((full.Length + 1) * 2), 0x50,
            block =>
            {
                var text = block + NameAt + 0x10;
                kernel.Memory.WriteString(text, full);
                kernel.Memory.WriteUnicodeString(block + NameAt, text, full.Length * 2, (full.Length + 1) * 2);
                kernel.Memory.WriteUInt64(block, block + NameAt);
                kernel.Memory.WriteUInt64(block + 8, root?.Address ?? 0);
                kernel.Memory.WriteUInt64(block + 0x10, kernel.Objects.TypeOf(ObjectKind.Key));
                kernel.Memory.WriteUInt32(block + 0x18, options);
                kernel.Memory.WriteUInt32(block + 0x38, access);
                kernel.Memory.WriteUInt32(block + 0x3C, access);
                kernel.Memory.WriteUInt64(block + 0x40, block + DispositionCell);
                kernel.Memory.WriteUInt64(block + 0x48, block + ResultCell);
                kernel.Memory.WriteUInt64(block + 0x68, 1);
                kernel.Memory.WriteUInt64(block + 0x70, block + NameAt);
                kernel.Memory.WriteByte(block + 0x80, kernel.Threads.Current is { UserMode: true, Invocations.Count: 0 } ? (byte)1 : (byte)0);
            },
            block =>
            {
                var result = Find(root, full, create, out opened, out disposition);
                if (block != 0)
                {
                    kernel.Memory.WriteUInt32(block + DispositionCell, disposition);
                    kernel.Memory.WriteUInt64(block + ResultCell, opened?.Address ?? 0);
                }

                return (result, opened);
            },
            (block, routine) =>
            {
                disposition = kernel.Memory.ReadUInt32(block + DispositionCell);
                opened = TakeResult(kernel.Memory.ReadUInt64(block + ResultCell), full, routine);
                return (opened is null ? NtStatus.Unsuccessful : NtStatus.Success, opened);
            });
        if ((int)status < 0 && opened is not null)
        {
            kernel.Objects.Dereference(opened);
            opened = null;
        }

        key = opened;
        created = disposition == CreatedNewKey;
        return opened is null && (int)status >= 0 ? NtStatus.Unsuccessful : status;
    }

    private NtStatus Find(KernelObject? root, string name, bool create, out KernelObject? opened, out uint disposition)
    {
        opened = null;
        disposition = 0;
        var start = root is null ? null : KeyOf(root);
        if (start is { IsDeleted: true })
        {
            return NtStatus.KeyDeleted;
        }

        var found = start is null ? kernel.Hive.Find(name) : RegistryHive.Find(start, name);
        disposition = found is null ? CreatedNewKey : OpenedExistingKey;
        if (found is null)
        {
            var slash = name.TrimEnd('\\').LastIndexOf('\\');
            var above = slash < 0 ? start : start is null ? kernel.Hive.Find(name[..slash]) : RegistryHive.Find(start, name[..slash]);
            if (!create || above is null)
            {
                return start is null && !kernel.Hive.IsRooted(name) ? NtStatus.ObjectPathSyntaxBad : NtStatus.ObjectNameNotFound;
            }

            found = kernel.Hive.Create(above, name[(slash + 1)..]);
            if (found is null)
            {
                return NtStatus.InsufficientResources;
            }

            found.Written = above.Written = kernel.Clock.Now;
        }

        var item = kernel.Objects.Create(ObjectKind.Key, 0x48);
        item.State = found;
        item.Closed = () => CloseHandle(item);
        opened = item;
        return NtStatus.Success;
    }

    // A callback that bypasses hands over a key object with a reference that it took.
    private KernelObject? TakeResult(ulong address, string name, ulong routine)
    {
        if (kernel.Objects.Find(address) is not { Kind: ObjectKind.Key } item)
        {
            kernel.Verifier.Report(
                "bad-object", $"a registry callback bypasses the opening of {name} and leaves 0x{address:x} in ResultObject, which is no key", "CmRegisterCallbackEx", routine);
            return null;
        }

        kernel.Objects.Reference(item);
        kernel.Objects.Dereference(item, routine);
        return item;
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
        state => Changed(state, kernel.Hive.Set(state, name, new RegistryData(type, data)) ? NtStatus.Success : NtStatus.InsufficientResources));

    /// <summary>Deletes a value.</summary>
    public NtStatus DeleteValue(KernelObject key, string name) => WithName(key, name, RegistryNotification.PreDeleteValueKey, 0x28, 0x10, [], (_, _) => { },
        state => Changed(state, kernel.Hive.Remove(state, name) ? NtStatus.Success : NtStatus.ObjectNameNotFound));

    /// <summary>Deletes a key.</summary>
    public NtStatus DeleteKey(KernelObject key) => kernel.RegistryCallbacks.Do(RegistryNotification.PreDeleteKey, key, 0x20, 8, _ => { }, _ =>
    {
        var state = KeyOf(key);
        if (state.Keys.Count > 0 || state.Parent is null)
        {
            return (NtStatus.CannotDelete, key);
        }

        kernel.Hive.Remove(state);
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

    /// <summary>Writes a key to disk: there is none.</summary>
    public NtStatus Flush(KernelObject key) => kernel.RegistryCallbacks.Do(RegistryNotification.PreFlushKey, key, 0x20, 8, _ => { }, _ => (NtStatus.Success, key));

    /// <summary>What stands behind a key's object.</summary>
    public static RegistryKey KeyOf(KernelObject key) => (RegistryKey)key.State!;

    private NtStatus Changed(RegistryKey key, NtStatus status)
    {
        key.Written = status == NtStatus.Success ? kernel.Clock.Now : key.Written;
        return status;
    }

    private void CloseHandle(KernelObject key)
    {
        _ = kernel.RegistryCallbacks.Do(RegistryNotification.PreKeyHandleClose, key, 0x20, 8, _ => { }, _ => (NtStatus.Success, key));
    }

    /// <summary>Does an operation that names a value, or a key's new name, between its callbacks.</summary>
    /// <param name="key">The key.</param>
    /// <param name="name">The name that stands at offset 8 of the structure.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="bytes">The size of the operation's structure.</param>
    /// <param name="callContext">Where CallContext stands in the structure.</param>
    /// <param name="data">Bytes that the structure points to.</param>
    /// <param name="fill">Fills the structure at its first argument; the second is where the data stand.</param>
    /// <param name="perform">Does it.</param>
    public NtStatus WithName(
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
            _ => (KeyOf(key).IsDeleted ? NtStatus.KeyDeleted : perform(KeyOf(key)), key));
    }
}
