using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Io;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Strings, collections and file objects.</summary>
internal sealed class FrameworkTextApis(LabKernel kernel) : IApiFamily
{
    private FrameworkObjects Objects => kernel.Framework.Objects;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("WdfStringCreate", Irql.Passive, CreateString);
        table.Void("WdfStringGetUnicodeString", Irql.Passive, GetString);
        table.Status("WdfCollectionCreate", Irql.Dispatch, CreateCollection);
        table.Add("WdfCollectionGetCount", Irql.Dispatch, (in ApiCall call) => (ulong)Objects.Get<FrameworkCollection>(call, 1).Items.Count);
        table.Status("WdfCollectionAdd", Irql.Dispatch, AddItem);
        table.Void("WdfCollectionRemove", Irql.Dispatch, (in ApiCall call) =>
        {
            var collection = Objects.Get<FrameworkCollection>(call, 1);
            RemoveAt(collection, collection.Items.IndexOf(Objects.Get<FrameworkObject>(call, 2)));
        });
        table.Void("WdfCollectionRemoveItem", Irql.Dispatch, (in ApiCall call) => RemoveAt(Objects.Get<FrameworkCollection>(call, 1), call.Int32(2)));
        table.Add("WdfCollectionGetItem", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkCollection>(call, 1).Items.ElementAtOrDefault(call.Int32(2))?.Handle ?? 0);
        table.Add("WdfCollectionGetFirstItem", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkCollection>(call, 1).Items.FirstOrDefault()?.Handle ?? 0);
        table.Add("WdfCollectionGetLastItem", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkCollection>(call, 1).Items.LastOrDefault()?.Handle ?? 0);
        table.Add("WdfFileObjectGetFileName", Irql.Passive, (in ApiCall call) => Objects.Get<FrameworkFileObject>(call, 1).FileObject + IoLayout.FileName);
        table.Add("WdfFileObjectGetFlags", Irql.Dispatch, (in ApiCall call) => kernel.Memory.ReadUInt32(Objects.Get<FrameworkFileObject>(call, 1).FileObject + IoLayout.FileFlags));
        table.Add("WdfFileObjectGetDevice", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkFileObject>(call, 1).Device!.Handle);
        table.Add("WdfFileObjectWdmGetFileObject", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkFileObject>(call, 1).FileObject);
    }

    private NtStatus CreateString(in ApiCall call)
    {
        var client = kernel.Framework.ClientOf(call);
        var status = Objects.Begin(call, 2, client.Driver, takesParent: true, out var setup);
        if (status != NtStatus.Success)
        {
            return status;
        }

        var text = new FrameworkString(kernel, client, call[1] == 0 ? string.Empty : call.UnicodeString(1));
        status = Objects.Add(text, setup.Attributes, setup.Parent);
        kernel.Memory.WriteUInt64(call[3], text.Handle);
        return status;
    }

    private void GetString(in ApiCall call)
    {
        var text = Objects.Get<FrameworkString>(call, 1);
        kernel.Memory.WriteUnicodeString(call[2], text.Buffer, text.Length * 2, (text.Length + 1) * 2);
    }

    private NtStatus CreateCollection(in ApiCall call)
    {
        var client = kernel.Framework.ClientOf(call);
        var status = Objects.Begin(call, 1, client.Driver, takesParent: true, out var setup);
        if (status != NtStatus.Success)
        {
            return status;
        }

        var collection = new FrameworkCollection(client);
        collection.Disposing = () =>
        {
            while (collection.Items.Count > 0)
            {
                RemoveAt(collection, collection.Items.Count - 1);
            }
        };
        status = Objects.Add(collection, setup.Attributes, setup.Parent);
        kernel.Memory.WriteUInt64(call[2], collection.Handle);
        return status;
    }

    private NtStatus AddItem(in ApiCall call)
    {
        var collection = Objects.Get<FrameworkCollection>(call, 1);
        var item = Objects.Get<FrameworkObject>(call, 2);
        if (collection.Items.Count >= LabLimits.Handles || kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress))
        {
            return NtStatus.InsufficientResources;
        }

        item.References++;
        collection.Items.Add(item);
        return NtStatus.Success;
    }

    private void RemoveAt(FrameworkCollection collection, int index)
    {
        if (index >= 0 && index < collection.Items.Count)
        {
            var item = collection.Items[index];
            collection.Items.RemoveAt(index);
            Objects.Release(item);
        }
    }
}
