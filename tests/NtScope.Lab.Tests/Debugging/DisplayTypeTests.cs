namespace NtScope.Lab.Tests.Debugging;

/// <summary>Expected output is what Microsoft's engine printed for the same command, with a PDB of the same types.</summary>
public sealed class DisplayTypeTests(FoundingMachine machine) : IClassFixture<FoundingMachine>
{
    [Theory]
    [InlineData("dt nt!_LIST_ENTRY", "   +0x000 Flink            : Ptr64 _LIST_ENTRY\n   +0x008 Blink            : Ptr64 _LIST_ENTRY\n")]
    [InlineData("dt _LIST_ENTRY", "nt!_LIST_ENTRY\n   +0x000 Flink            : Ptr64 _LIST_ENTRY\n   +0x008 Blink            : Ptr64 _LIST_ENTRY\n")]
    [InlineData("dt -i nt!_LIST_ENTRY", "+0x000 Flink            : Ptr64 _LIST_ENTRY\n+0x008 Blink            : Ptr64 _LIST_ENTRY\n")]
    [InlineData("dt -o nt!_LIST_ENTRY", "   Flink            : Ptr64 _LIST_ENTRY\n   Blink            : Ptr64 _LIST_ENTRY\n")]
    [InlineData("dt nt!_UNICODE_STRING Buffer", "   +0x008 Buffer : Ptr64 Wchar\n")]
    [InlineData("dt nt!_EPROCESS UniqueProcessId ImageFileName", "   +0x2e8 UniqueProcessId : Ptr64 Void\n   +0x450 ImageFileName   : [15] UChar\n")]
    [InlineData("dt nt!_EPROCESS -y Image", "   +0x30c ImageNotifyDone : Pos 22, 1 Bit\n   +0x448 ImageFilePointer : Ptr64 _FILE_OBJECT\n   +0x450 ImageFileName : [15] UChar\n   +0x49c ImagePathHash : Uint4B\n")]
    [InlineData("dt nt!_EPROCESS Pcb.Header", "   +0x000 Pcb        : \n      +0x000 Header     : _DISPATCHER_HEADER\n")]
    [InlineData("dt -v nt!_LIST_ENTRY", "struct _LIST_ENTRY, 2 elements, 0x10 bytes\n   +0x000 Flink            : Ptr64 to struct _LIST_ENTRY, 2 elements, 0x10 bytes\n   +0x008 Blink            : Ptr64 to struct _LIST_ENTRY, 2 elements, 0x10 bytes\n")]
    [InlineData("dt nt!_NOSUCH", "Symbol nt!_NOSUCH not found.\n")]
    [InlineData("dt nt!_SYSTEM_POWER_STATE", "   PowerSystemUnspecified = 0n0\n   PowerSystemWorking = 0n1\n   PowerSystemSleeping1 = 0n2\n   PowerSystemSleeping2 = 0n3\n   PowerSystemSleeping3 = 0n4\n   PowerSystemHibernate = 0n5\n   PowerSystemShutdown = 0n6\n   PowerSystemMaximum = 0n7\n")]
    public void Types_are_shown_as_the_engine_shows_them(string command, string expected) => machine.Run(command).ShouldBe(expected);

    [Fact]
    public void A_module_entry_is_shown_with_its_values()
    {
        var lines = machine.Run("dt nt!_KLDR_DATA_TABLE_ENTRY poi(nt!PsLoadedModuleList)").Split('\n');
        lines.ShouldContain(line => line == "   +0x030 DllBase          : 0xfffff804`1381a000 Void");
        lines.ShouldContain(line => line == "   +0x058 BaseDllName      : _UNICODE_STRING \"ntoskrnl.exe\"");
    }

    [Fact]
    public void What_cannot_be_read_says_so_and_names_the_place()
    {
        var text = machine.Run("dt nt!_UNICODE_STRING 12345678");
        text.ShouldBe("   +0x000 Length           : ??\n   +0x002 MaximumLength    : ??\n   +0x008 Buffer           : ???? \nMemory read error 0000000012345680\n");
    }

    [Fact]
    public void A_list_is_followed_back_to_its_head()
    {
        var text = machine.Run("dt nt!_KLDR_DATA_TABLE_ENTRY poi(nt!PsLoadedModuleList) BaseDllName -l InLoadOrderLinks");
        text.ShouldContain("ntoskrnl.exe");
        text.ShouldContain("hal.dll");
    }
}
