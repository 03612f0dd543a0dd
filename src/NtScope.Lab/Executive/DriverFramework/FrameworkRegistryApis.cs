using System.Buffers.Binary;
using System.Text;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Registry;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Registry keys.</summary>
internal sealed class FrameworkRegistryApis(LabKernel kernel) : IApiFamily
{
    private const uint TextType = 1;
    private const uint NumberType = 4;

    private FrameworkObjects Objects => kernel.Framework.Objects;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("WdfDriverOpenParametersRegistryKey", Irql.Passive, (in ApiCall call) =>
            Open(call, null, Objects.Get<FrameworkDriver>(call, 1).RegistryKey + @"\Parameters", call.UInt32(2), 3, call[4], create: true, out _));
        table.Status("WdfRegistryOpenKey", Irql.Passive, (in ApiCall call) =>
            Open(call, Objects.GetOptional<FrameworkKey>(call, 1)?.Key, call.UnicodeString(2), call.UInt32(3), 4, call[5], create: false, out _));
        table.Status("WdfRegistryCreateKey", Irql.Passive, CreateKey);
        table.Void("WdfRegistryClose", Irql.Passive, (in ApiCall call) => Objects.Delete(Objects.Get<FrameworkKey>(call, 1)));
        table.Add("WdfRegistryWdmGetHandle", Irql.Passive, (in ApiCall call) => Objects.Get<FrameworkKey>(call, 1).KeyHandle);
        table.Status("WdfRegistryRemoveKey", Irql.Passive, RemoveKey);
        table.Status("WdfRegistryRemoveValue", Irql.Passive, (in ApiCall call) => kernel.Configuration.DeleteValue(Objects.Get<FrameworkKey>(call, 1).Key, call.UnicodeString(2)));
        table.Status("WdfRegistryQueryValue", Irql.Passive, QueryValue);
        table.Status("WdfRegistryQueryULong", Irql.Passive, QueryNumber);
        table.Status("WdfRegistryQueryUnicodeString", Irql.Passive, QueryUnicodeString);
        table.Status("WdfRegistryQueryString", Irql.Passive, QueryString);
        table.Status("WdfRegistryAssignValue", Irql.Passive, (in ApiCall call) =>
            call.UInt32(4) > LabLimits.DataBytes ? NtStatus.InsufficientResources : Assign(call, call.UInt32(3), kernel.Memory.Span(call[5], call.Int32(4)).ToArray()));
        table.Status("WdfRegistryAssignULong", Irql.Passive, (in ApiCall call) => Assign(call, NumberType, BitConverter.GetBytes(call.UInt32(3))));
        table.Status("WdfRegistryAssignUnicodeString", Irql.Passive, (in ApiCall call) => Assign(call, TextType, Encoding.Unicode.GetBytes(call.UnicodeString(3) + '\0')));
        table.Status("WdfRegistryAssignString", Irql.Passive, (in ApiCall call) =>
            Assign(call, TextType, Encoding.Unicode.GetBytes(Objects.Get<FrameworkString>(call, 3).Text + '\0')));
    }

    private NtStatus Open(in ApiCall call, KernelObject? root, string name, uint access, int attributes, ulong result, bool create, out bool created)
    {
        created = false;
        var client = kernel.Framework.ClientOf(call);
        var status = Objects.Begin(call, attributes, client.Driver, takesParent: true, out var setup);
        if (status != NtStatus.Success)
        {
            return status;
        }

        status = kernel.Configuration.Open(root, name, create, access, 0, out var key, out created);
        if (key is null)
        {
            return status;
        }

        var handle = kernel.Objects.Open(key, access, isKernel: true, 0);
        kernel.Objects.Dereference(key);
        var item = new FrameworkKey(client, key, handle) { Destroyed = () => kernel.Objects.Close(handle) };
        status = Objects.Add(item, setup.Attributes, setup.Parent);
        kernel.Memory.WriteUInt64(result, item.Handle);
        return status;
    }

    private NtStatus CreateKey(in ApiCall call)
    {
        var status = Open(call, Objects.GetOptional<FrameworkKey>(call, 1)?.Key, call.UnicodeString(2), call.UInt32(3), 6, call[7], create: true, out var created);
        if (status == NtStatus.Success && call[5] != 0)
        {
            kernel.Memory.WriteUInt32(call[5], created ? 1u : 2);
        }

        return status;
    }

    private NtStatus RemoveKey(in ApiCall call)
    {
        var key = Objects.Get<FrameworkKey>(call, 1);
        var status = kernel.Configuration.DeleteKey(key.Key);
        if (status == NtStatus.Success)
        {
            Objects.Delete(key);
        }

        return status;
    }

    private NtStatus Query(in ApiCall call, out RegistryData data) => kernel.Configuration.Queries.Read(Objects.Get<FrameworkKey>(call, 1).Key, call.UnicodeString(2), out data);

    private NtStatus QueryValue(in ApiCall call)
    {
        var status = Query(call, out var data);
        if (status != NtStatus.Success)
        {
            return status;
        }

        if (call[5] != 0)
        {
            kernel.Memory.WriteUInt32(call[5], (uint)data.Bytes.Length);
        }

        if (call[6] != 0)
        {
            kernel.Memory.WriteUInt32(call[6], data.Type);
        }

        var count = (int)Math.Min(call.UInt32(3), (uint)data.Bytes.Length);
        if (call[4] != 0)
        {
            kernel.Memory.Write(call[4], data.Bytes.AsSpan(0, count));
        }

        return count < data.Bytes.Length ? NtStatus.BufferOverflow : NtStatus.Success;
    }

    private NtStatus QueryNumber(in ApiCall call)
    {
        var status = Query(call, out var data);
        if (status != NtStatus.Success || data.Type != NumberType || data.Bytes.Length < sizeof(uint))
        {
            return status != NtStatus.Success ? status : NtStatus.ObjectTypeMismatch;
        }

        kernel.Memory.WriteUInt32(call[3], BinaryPrimitives.ReadUInt32LittleEndian(data.Bytes));
        return NtStatus.Success;
    }

    private NtStatus QueryUnicodeString(in ApiCall call)
    {
        var status = QueryText(call, out var text);
        if (status != NtStatus.Success)
        {
            return status;
        }

        var bytes = (text.Length + 1) * 2;
        if (call[3] != 0)
        {
            kernel.Memory.WriteUInt16(call[3], (ushort)bytes);
        }

        if (call[4] == 0)
        {
            return NtStatus.Success;
        }

        if (kernel.Memory.ReadUInt16(call[4] + 2) < text.Length * 2)
        {
            return NtStatus.BufferOverflow;
        }

        kernel.Memory.Write(kernel.Memory.ReadUInt64(call[4] + 8), Encoding.Unicode.GetBytes(text));
        kernel.Memory.WriteUInt16(call[4], (ushort)(text.Length * 2));
        return NtStatus.Success;
    }

    private NtStatus QueryString(in ApiCall call)
    {
        var status = QueryText(call, out var text);
        if (status == NtStatus.Success)
        {
            Objects.Get<FrameworkString>(call, 3).Set(text);
        }

        return status;
    }

    private NtStatus QueryText(in ApiCall call, out string text)
    {
        text = string.Empty;
        var status = Query(call, out var data);
        if (status != NtStatus.Success || data.Type != TextType)
        {
            return status != NtStatus.Success ? status : NtStatus.ObjectTypeMismatch;
        }

        text = Encoding.Unicode.GetString(data.Bytes).TrimEnd('\0');
        return text.Length > short.MaxValue - 1 ? NtStatus.BufferOverflow : NtStatus.Success;
    }

    private NtStatus Assign(in ApiCall call, uint type, byte[] data) =>
        kernel.Configuration.SetValue(Objects.Get<FrameworkKey>(call, 1).Key, call.UnicodeString(2), type, data);
}
