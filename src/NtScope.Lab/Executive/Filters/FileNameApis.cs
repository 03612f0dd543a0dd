using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Executive.Filters;

/// <summary>FLT_FILE_NAME_INFORMATION and its parts.</summary>
internal sealed class FileNameApis(LabKernel kernel) : IApiFamily
{
    private const string VolumeName = @"\Device\HarddiskVolume1";
    private const ushort ParsedFinal = 1;
    private const ushort ParsedExtension = 2;
    private const ushort ParsedStream = 4;
    private const ushort ParsedParent = 8;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("FltGetFileNameInformation", Irql.Apc, (in ApiCall call) =>
            Get(call, kernel.Memory.ReadUInt64(kernel.Memory.ReadUInt64(call[0] + FilterLayout.DataParameters) + FilterLayout.ParametersTarget), call[2]));
        table.Status("FltGetFileNameInformationUnsafe", Irql.Apc, (in ApiCall call) => Get(call, call[0], call[3]));
        table.Status("FltParseFileNameInformation", Irql.Apc, (in ApiCall call) => Parse(call[0]));
        table.Void("FltReleaseFileNameInformation", Irql.Apc, (in ApiCall call) => kernel.Pool.Free(call[0]));
        table.Status("FltGetDestinationFileNameInformation", Irql.Passive, GetDestination);
        table.Status("FltGetVolumeName", Irql.Passive, GetVolumeName);
    }

    private NtStatus Get(in ApiCall call, ulong fileObject, ulong result)
    {
        if (kernel.Files.Find(fileObject) is not { } file)
        {
            return NtStatus.FltInvalidNameRequest;
        }

        const uint Opened = 2;
        var format = call.UInt32(1) & 0xFF;
        var (path, _) = FileSystem.Volume.Split(file.Name);
        var stream = file.Name[path.Length..];
        var name = format != Opened && file.Node is { } node ? node.Path + stream : file.Name;
        return Create(call, VolumeName + name, call.UInt32(1), result);
    }

    private NtStatus Create(in ApiCall call, string name, uint format, ulong result)
    {
        var bytes = FilterLayout.NameBytes + 8 + ((ulong)(name.Length + 1) * 2);
        var information = kernel.Pool.AllocateForDriver(bytes, PoolManager.TagOf("FMfn"), PoolKind.NonPaged, call.ReturnAddress);
        if (information == 0)
        {
            return NtStatus.InsufficientResources;
        }

        var text = information + FilterLayout.NameBytes + 8;
        kernel.Memory.Clear(information, (int)FilterLayout.NameBytes);
        kernel.Memory.WriteUInt16(information, (ushort)FilterLayout.NameBytes);
        kernel.Memory.WriteUInt32(information + 4, format);
        kernel.Memory.WriteString(text, name);
        kernel.Memory.WriteUnicodeString(information + 8, text, name.Length * 2, name.Length * 2);
        kernel.Memory.WriteUnicodeString(information + 0x18, text, VolumeName.Length * 2, VolumeName.Length * 2);
        kernel.Memory.WriteUInt64(result, information);
        return NtStatus.Success;
    }

    private NtStatus Parse(ulong information)
    {
        var memory = kernel.Memory;
        var name = memory.ReadUnicodeString(information + 8);
        var text = memory.ReadUInt64(information + 0x10);
        void Part(ulong offset, int start, int end) =>
            memory.WriteUnicodeString(information + offset, end > start ? text + ((ulong)start * 2) : 0, Math.Max(0, end - start) * 2, Math.Max(0, end - start) * 2);

        var slash = name.LastIndexOf('\\');
        var colon = name.IndexOf(':', slash + 1);
        var end = colon < 0 ? name.Length : colon;
        var dot = name.LastIndexOf('.', Math.Max(end - 1, 0));
        Part(0x38, dot > slash ? dot + 1 : end, end);
        Part(0x48, colon < 0 ? name.Length : colon, name.Length);
        Part(0x58, slash + 1, end);
        Part(0x68, VolumeName.Length, slash + 1);
        memory.WriteUInt16(information + 2, ParsedFinal | ParsedExtension | ParsedStream | ParsedParent);
        return NtStatus.Success;
    }

    private NtStatus GetDestination(in ApiCall call)
    {
        if (kernel.Files.Find(call[1]) is null)
        {
            return NtStatus.InvalidParameter;
        }

        var length = call.UInt32(4) & ~1u;
        var target = length == 0 ? string.Empty : System.Text.Encoding.Unicode.GetString(kernel.Memory.Span(call[3], (int)Math.Min(length, 0xFFFE)));
        return Create(call, VolumeName + (FileOperations.ToVolumePath(target) ?? target), call.UInt32(5), call[6]);
    }

    private NtStatus GetVolumeName(in ApiCall call)
    {
        if (call[2] != 0)
        {
            kernel.Memory.WriteUInt32(call[2], (uint)VolumeName.Length * 2);
        }

        if (call[1] == 0 || kernel.Memory.ReadUInt16(call[1] + 2) < VolumeName.Length * 2)
        {
            return NtStatus.BufferTooSmall;
        }

        kernel.Memory.Write(kernel.Memory.ReadUInt64(call[1] + 8), System.Text.Encoding.Unicode.GetBytes(VolumeName));
        kernel.Memory.WriteUInt16(call[1], (ushort)(VolumeName.Length * 2));
        return NtStatus.Success;
    }
}
