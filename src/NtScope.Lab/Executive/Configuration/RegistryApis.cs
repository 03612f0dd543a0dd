using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Executive.Configuration;

/// <summary>Zw registry calls and Cm callbacks.</summary>
internal sealed class RegistryApis(LabKernel kernel) : IApiFamily
{
    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("CmRegisterCallbackEx", Irql.Apc, RegisterCallback);
        table.Status("CmRegisterCallback", Irql.Apc, RegisterOldCallback);
        table.Status("CmUnRegisterCallback", Irql.Apc, UnregisterCallback);
        table.Status("CmCallbackGetKeyObjectIDEx", Irql.Apc, GetKeyName);
        table.Status("CmCallbackGetKeyObjectID", Irql.Apc, GetKeyName);
        table.Void("CmCallbackReleaseKeyObjectIDEx", Irql.Apc, (in ApiCall call) => kernel.Pool.Free(call[0]));
        table.Add("CmGetBoundTransaction", Irql.Apc, (in ApiCall _) => 0);
        table.Status("ZwCreateKey", Irql.Passive, CreateKey);
        table.Status("ZwOpenKey", Irql.Passive, OpenKey);
        table.Alias("ZwOpenKey", "ZwOpenKeyEx");
        table.Status("ZwSetValueKey", Irql.Passive, SetValue);
        table.Status("ZwQueryValueKey", Irql.Passive, QueryValue);
        table.Status("ZwDeleteKey", Irql.Passive, (in ApiCall call) => Key(call[0]) is { } key ? kernel.Configuration.DeleteKey(key) : NtStatus.InvalidHandle);
        table.Status("ZwDeleteValueKey", Irql.Passive, (in ApiCall call) =>
            Key(call[0]) is { } key ? kernel.Configuration.DeleteValue(key, call.UnicodeString(1)) : NtStatus.InvalidHandle);
        table.Status("ZwRenameKey", Irql.Passive, (in ApiCall call) =>
            Key(call[0]) is { } key ? kernel.Configuration.RenameKey(key, call.UnicodeString(1)) : NtStatus.InvalidHandle);
        table.Status("ZwEnumerateKey", Irql.Passive, EnumerateKey);
        table.Status("ZwEnumerateValueKey", Irql.Passive, EnumerateValue);
        table.Status("ZwQueryKey", Irql.Passive, (in ApiCall call) =>
            Key(call[0]) is { } key ? kernel.Configuration.Queries.Key(key, new KeyQuery(call.UInt32(1), call[2], call.UInt32(3), call[4])) : NtStatus.InvalidHandle);
        table.Status("ZwFlushKey", Irql.Passive, (in ApiCall call) => Key(call[0]) is { } key ? kernel.Configuration.Flush(key) : NtStatus.InvalidHandle);
    }

    private KernelObject? Key(ulong handle) => kernel.Objects.FindHandle(handle)?.Object is { Kind: ObjectKind.Key } key ? key : null;

    private NtStatus RegisterCallback(in ApiCall call)
    {
        if (!Altitude.TryParse(call.UnicodeString(1), out var altitude))
        {
            return NtStatus.InvalidParameter;
        }

        return Register(call, altitude, call[3], call[4]);
    }

    private NtStatus RegisterOldCallback(in ApiCall call) => Register(call, kernel.RegistryCallbacks.FreeAltitude(), call[1], call[2]);

    private NtStatus Register(in ApiCall call, Altitude altitude, ulong context, ulong result)
    {
        if (kernel.Faults.ShouldFail("CmRegisterCallback", call.ReturnAddress))
        {
            return NtStatus.InsufficientResources;
        }

        var status = kernel.RegistryCallbacks.Register(call[0], altitude, context, call.ReturnAddress, out var cookie);
        if (status == NtStatus.Success)
        {
            kernel.Memory.WriteUInt64(result, cookie);
        }

        return status;
    }

    private NtStatus UnregisterCallback(in ApiCall call) =>
        kernel.RegistryCallbacks.Unregister(call[0]) ? NtStatus.Success : NtStatus.InvalidParameter;

    private NtStatus GetKeyName(in ApiCall call)
    {
        if (kernel.Objects.Find(call[1]) is not { Kind: ObjectKind.Key } key)
        {
            return NtStatus.InvalidParameter;
        }

        if (call[2] != 0)
        {
            kernel.Memory.WriteUInt64(call[2], key.Address);
        }

        if (call[3] != 0)
        {
            var path = ConfigurationManager.KeyOf(key).Path;
            var isExtended = call.Entry.Name.EndsWith("Ex", StringComparison.Ordinal);
            var bytes = 16 + ((ulong)(path.Length + 1) * 2);
            var block = isExtended
                ? kernel.Pool.AllocateForDriver(bytes, PoolManager.TagOf("CmKn"), PoolKind.Paged, call.ReturnAddress)
                : kernel.Pool.Allocate(bytes, "CmKn", PoolKind.Paged);
            if (block == 0)
            {
                return NtStatus.InsufficientResources;
            }

            kernel.Memory.WriteString(block + 16, path);
            kernel.Memory.WriteUnicodeString(block, block + 16, path.Length * 2, (path.Length + 1) * 2);
            kernel.Memory.WriteUInt64(call[3], block);
        }

        return NtStatus.Success;
    }

    private NtStatus CreateKey(in ApiCall call) => Open(call, create: true, call.UInt32(5), call[6]);

    private NtStatus OpenKey(in ApiCall call) => Open(call, create: false, 0, 0);

    private NtStatus Open(in ApiCall call, bool create, uint options, ulong disposition)
    {
        var attributes = ObjectAttributes.Read(kernel.Memory, call[2]);
        var root = attributes.Root == 0 ? null : Key(attributes.Root);
        if (attributes.Root != 0 && root is null)
        {
            return NtStatus.InvalidHandle;
        }

        var status = kernel.Configuration.Open(root, attributes.Name, create, call.UInt32(1), options, out var key, out var created);
        if (key is null)
        {
            return status;
        }

        kernel.Memory.WriteUInt64(call[0], kernel.Objects.Open(key, call.UInt32(1), attributes.WantsKernelHandle, call.ReturnAddress));
        kernel.Objects.Dereference(key);
        if (disposition != 0)
        {
            kernel.Memory.WriteUInt32(disposition, created ? 1u : 2);
        }

        return status;
    }

    private NtStatus SetValue(in ApiCall call)
    {
        if (Key(call[0]) is not { } key)
        {
            return NtStatus.InvalidHandle;
        }

        if (call.UInt32(5) > LabLimits.DataBytes)
        {
            return NtStatus.InvalidParameter;
        }

        kernel.Verifier.CheckRange(call[4], call.UInt32(5), isWrite: false);
        return kernel.Configuration.SetValue(key, call.UnicodeString(1), call.UInt32(3), kernel.Memory.Span(call[4], (int)call.UInt32(5)).ToArray());
    }

    private NtStatus QueryValue(in ApiCall call) => Key(call[0]) is { } key
        ? kernel.Configuration.Queries.Value(key, call.UnicodeString(1), new KeyQuery(call.UInt32(2), call[3], call.UInt32(4), call[5]))
        : NtStatus.InvalidHandle;

    private NtStatus EnumerateKey(in ApiCall call) => Key(call[0]) is { } key
        ? kernel.Configuration.Queries.EnumerateKey(key, call.UInt32(1), new KeyQuery(call.UInt32(2), call[3], call.UInt32(4), call[5]))
        : NtStatus.InvalidHandle;

    private NtStatus EnumerateValue(in ApiCall call) => Key(call[0]) is { } key
        ? kernel.Configuration.Queries.EnumerateValue(key, call.UInt32(1), new KeyQuery(call.UInt32(2), call[3], call.UInt32(4), call[5]))
        : NtStatus.InvalidHandle;
}
