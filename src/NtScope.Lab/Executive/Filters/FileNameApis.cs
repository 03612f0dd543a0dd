using System.Text;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Executive.Filters;

/// <summary>Names of files: FLT_FILE_NAME_INFORMATION and its parts, and those of file objects.</summary>
internal sealed class FileNameApis(LabKernel kernel) : IApiFamily
{
    private const string VolumeName = FileOperations.VolumeDevice;
    private const ushort ParsedFinal = 1;
    private const ushort ParsedExtension = 2;
    private const ushort ParsedStream = 4;
    private const ushort ParsedParent = 8;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("FltGetFileNameInformation", Irql.Apc, (in ApiCall call) =>
            Get(call, kernel.Memory.ReadUInt64(kernel.Memory.ReadUInt64(call[0] + FilterLayout.DataParameters) + FilterLayout.ParametersTarget), call.UInt32(1), call[2]));
        table.Status("FltGetFileNameInformationUnsafe", Irql.Apc, (in ApiCall call) => Get(call, call[0], call.UInt32(2), call[3]));
        table.Status("FltParseFileNameInformation", Irql.Apc, (in ApiCall call) => Parse(call[0]));
        table.Void("FltReleaseFileNameInformation", Irql.Apc, (in ApiCall call) => kernel.Pool.Free(call[0]));
        table.Status("FltGetDestinationFileNameInformation", Irql.Passive, GetDestination);
        table.Status("FltGetVolumeName", Irql.Passive, GetVolumeName);
        table.Status("IoQueryFileDosDeviceName", Irql.Passive, QueryDosName);
        table.Status("IoReplaceFileObjectName", Irql.Passive, ReplaceName);
    }

    private NtStatus Get(in ApiCall call, ulong fileObject, uint options, ulong result)
    {
        if (kernel.Files.Find(fileObject) is not { } file)
        {
            return NtStatus.FltInvalidNameRequest;
        }

        const uint Opened = 2;
        const uint Short = 3;
        var format = options & 0xFF;
        var (path, _) = FileSystem.Volume.Split(file.Name);
        var stream = file.Name[path.Length..];
        if (format == Short)
        {
            // A short name is the last part alone. The volume makes none: only a name that is short by itself has one.
            return file.Node is null ? NtStatus.FltInvalidNameRequest : IsShort(file.Node.Name) ? Create(call, file.Node.Name, options, result) : NtStatus.ObjectNameNotFound;
        }

        var name = format != Opened && file.Node is { } node ? node.Path + stream : file.Name;
        return Create(call, VolumeName + name, options, result);
    }

    private static bool IsShort(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var (stem, extension) = dot < 0 ? (name, string.Empty) : (name[..dot], name[(dot + 1)..]);
        return stem.Length is > 0 and <= 8 && extension.Length <= 3 && !name.AsSpan().ContainsAny(' ', '+', ',') && !name.AsSpan().ContainsAny(';', '=', '[') && !extension.Contains('.', StringComparison.Ordinal);
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
        if (name.StartsWith(VolumeName, StringComparison.Ordinal))
        {
            kernel.Memory.WriteUnicodeString(information + 0x18, text, VolumeName.Length * 2, VolumeName.Length * 2);
        }

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
        var dot = end == 0 ? -1 : name.LastIndexOf('.', end - 1);
        Part(0x38, dot > slash ? dot + 1 : end, end);
        Part(0x48, colon < 0 ? name.Length : colon, name.Length);
        Part(0x58, slash + 1, name.Length);
        Part(0x68, memory.ReadUInt16(information + 0x18) / 2, slash + 1);
        memory.WriteUInt16(information + 2, ParsedFinal | ParsedExtension | ParsedStream | ParsedParent);
        return NtStatus.Success;
    }

    private NtStatus GetDestination(in ApiCall call)
    {
        var length = call.UInt32(4);
        if (kernel.Files.Find(call[1]) is not { } file || length is 0 or > 0xFFFE || (length & 1) != 0)
        {
            return NtStatus.InvalidParameter;
        }

        kernel.Verifier.CheckRange(call[3], length, isWrite: false);
        var target = Encoding.Unicode.GetString(kernel.Memory.Span(call[3], (int)length));
        var status = kernel.Files.Changes.ResolveTarget(file, call[2], target, out var path);
        return status == NtStatus.Success ? Create(call, VolumeName + path, call.UInt32(5), call[6]) : status;
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

        kernel.Memory.Write(kernel.Memory.ReadUInt64(call[1] + 8), Encoding.Unicode.GetBytes(VolumeName));
        kernel.Memory.WriteUInt16(call[1], (ushort)(VolumeName.Length * 2));
        return NtStatus.Success;
    }

    private NtStatus ReplaceName(in ApiCall call)
    {
        if (kernel.Files.Find(call[0]) is not { } file)
        {
            return NtStatus.InvalidParameter;
        }

        kernel.Verifier.CheckRange(call[1], call.UInt16(2), isWrite: false);
        kernel.Files.SetName(file.FileObject.Address, Encoding.Unicode.GetString(kernel.Memory.Span(call[1], call.UInt16(2) & ~1)));
        return NtStatus.Success;
    }

    private NtStatus QueryDosName(in ApiCall call)
    {
        var name = kernel.Files.Find(call[0]) is { } file ? "C:" + FileSystem.Volume.Split(file.Name).Path : "C:" + kernel.Memory.ReadUnicodeString(call[0] + IoLayout.FileName);
        var block = kernel.Pool.AllocateForDriver(16 + ((ulong)(name.Length + 1) * 2), PoolManager.TagOf("IoDn"), PoolKind.Paged, call.ReturnAddress);
        if (block == 0)
        {
            return NtStatus.InsufficientResources;
        }

        kernel.Memory.WriteString(block + 16, name);
        kernel.Memory.WriteUnicodeString(block, block + 16, name.Length * 2, (name.Length + 1) * 2);
        kernel.Memory.WriteUInt64(call[1], block);
        return NtStatus.Success;
    }
}
