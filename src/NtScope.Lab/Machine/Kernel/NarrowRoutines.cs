using System.Buffers.Binary;

namespace NtScope.Lab.Machine.Kernel;

/// <summary>
/// The code of an x86 kernel that tools follow because no symbol says where variables are: exported routines that use them, and the Zw routines, which stand
/// one behind the other in the order of their numbers.
/// </summary>
internal sealed class NarrowRoutines(MachineContext context)
{
    private const int ZwStubSize = 20;
    private const int FunctionSize = 0x40;

    // mov eax,N; lea edx,[esp+4]; pushfd; push 8; call KiSystemService; ret n
    private static readonly byte[] ZwStub = Convert.FromHexString("B8000000008D5424049C6A08E800000000C20000");

    // mov edi,edi; push ebp; mov ebp,esp; push esi; mov esi,offset variable; mov eax,[esi]; xor eax,eax; pop esi; pop ebp; ret 8
    private static readonly byte[] AddressUser = Convert.FromHexString("8BFF558BEC56BE000000008B0633C05E5DC20800");

    // mov edi,edi; push ebp; mov ebp,esp; push dword ptr [ebp+8]; push dword ptr [variable]; add esp,8; xor eax,eax; pop ebp; ret 8
    private static readonly byte[] ValueUser = Convert.FromHexString("8BFF558BECFF7508FF350000000083C40833C05DC20800");

    // mov edi,edi; push ebp; mov ebp,esp; cmp dword ptr [ebp+18h],3; ja fail; mov eax,[ebp+18h]; shl eax,4; cmp dword ptr [eax+main],0; jne fail;
    // lea ecx,[eax+shadow]; cmp dword ptr [ecx],0; jne fail; mov edx,[ebp+8]; mov [ecx],edx; mov al,1; jmp end; fail: xor al,al; end: pop ebp; ret 14h
    private static readonly byte[] AddTable = Convert.FromHexString("8BFF558BEC837D180377238B4518C1E00483B8000000000075148D880000000083390075098B55088911B001EB0232C05DC21400");

    // Which variable an exported routine uses, how large it is, and whether its value or its address.
    private static readonly (string Export, string Variable, uint Size, bool IsValue)[] Users =
    [
        ("PsSetCreateProcessNotifyRoutine", "PspCreateProcessNotifyRoutine", 64 * sizeof(uint), false),
        ("PsSetCreateThreadNotifyRoutine", "PspCreateThreadNotifyRoutine", 64 * sizeof(uint), false),
        ("PsSetLoadImageNotifyRoutine", "PspLoadImageNotifyRoutine", 64 * sizeof(uint), false),
        ("KeRegisterBugCheckCallback", "KeBugCheckCallbackListHead", 16, false),
        ("KeRegisterBugCheckReasonCallback", "KeBugCheckReasonCallbackListHead", 16, false),
        ("IoRegisterShutdownNotification", "IopNotifyShutdownQueueHead", 16, false),
        ("IoRegisterLastChanceShutdownNotification", "IopNotifyLastChanceShutdownQueueHead", 16, false),
        ("IoRegisterFsRegistrationChange", "IopFsNotifyChangeQueueHead", 16, false),
        ("PsLookupProcessByProcessId", "PspCidTable", sizeof(ulong), true),
        ("PsLookupThreadByThreadId", "PspCidTable", sizeof(ulong), true),
    ];

    /// <summary>The routines that x86 exports beside those of all kernels.</summary>
    public static IEnumerable<string> Exports => Users.Select(user => user.Export).Append("KeAddSystemServiceTable");

    private static readonly string[] NotExported = ["ExAcquireFastMutex", "ExReleaseFastMutex", "ExAllocatePool2"];

    private static readonly string[] NotExportedBeforeVista =
        ["CmCallbackGetKeyObjectID", "CmRegisterCallbackEx", "ObRegisterCallbacks", "ObUnRegisterCallbacks", "PsSetCreateProcessNotifyRoutineEx"];

    private readonly KernelImage _kernel = context.Kernel;

    /// <summary>Writes all of them.</summary>
    public void Write()
    {
        WriteStubs();
        WriteAddTable();
        foreach (var (export, variable, size, isValue) in Users)
        {
            WriteUser(export, variable, size, isValue);
        }

        WriteUser("CmRegisterCallback", context.Version.Major < 6 ? "CmpCallBackVector" : "CallbackListHead", 100 * sizeof(uint), isValue: false);
        foreach (var function in KernelExports.Functions.Except(NotExported, StringComparer.Ordinal))
        {
            if (!_kernel.TryGetRva(function, out _) && !(context.Version.Major < 6 && NotExportedBeforeVista.Contains(function, StringComparer.Ordinal)))
            {
                Write(function, context.Code(function, FunctionSize));
            }
        }
    }

    private void WriteStubs()
    {
        var dispatcher = _kernel.Routine("KiSystemService", FunctionSize);
        context.System.Write(_kernel.Base + dispatcher, context.Code("KiSystemService", FunctionSize));
        var run = _kernel.Routine("KiZwRoutines", (uint)(_kernel.Services.Count * ZwStubSize));
        foreach (var service in _kernel.Services)
        {
            var rva = run + (uint)(service.Index * ZwStubSize);
            var stub = (byte[])ZwStub.Clone();
            BinaryPrimitives.WriteInt32LittleEndian(stub.AsSpan(1), service.Index);
            BinaryPrimitives.WriteInt32LittleEndian(stub.AsSpan(13), (int)(dispatcher - rva - 17));
            WriteReturn(stub.AsSpan(17), service.Name);
            context.System.Write(_kernel.Base + rva, stub);
            if (KernelExports.Services.Contains(service.Name, StringComparer.Ordinal))
            {
                _kernel.Place(string.Concat("Zw", service.Name.AsSpan(2)), rva);
            }
        }
    }

    /// <summary>The return of a stub that removes a service's arguments: three bytes.</summary>
    public static void WriteReturn(Span<byte> code, string service)
    {
        var arguments = ServiceEntries.StackArguments(service, isNarrow: true);
        code[0] = arguments == 0 ? (byte)0xC3 : (byte)0xC2;
        BinaryPrimitives.WriteUInt16LittleEndian(code[1..], arguments == 0 ? (ushort)0x9090 : (ushort)(arguments * sizeof(uint)));
    }

    private void WriteAddTable()
    {
        var code = (byte[])AddTable.Clone();
        PutAddress(code, 19, KernelImageWriter.DescriptorTable);
        PutAddress(code, 28, KernelImageWriter.ShadowTable);
        Write("KeAddSystemServiceTable", code);

        void PutAddress(byte[] bytes, int at, string name) =>
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), (uint)_kernel.AddressOf(name, KernelImageWriter.DescriptorsSize).Value);
    }

    private void WriteUser(string export, string variable, uint size, bool isValue)
    {
        var code = (byte[])(isValue ? ValueUser : AddressUser).Clone();
        BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(isValue ? 10 : 7), (uint)_kernel.AddressOf(variable, size).Value);
        Write(export, code);
    }

    private void Write(string name, ReadOnlySpan<byte> code) => context.System.Write(_kernel.Base + _kernel.Routine(name, FunctionSize), code);
}
