using NtScope.Debugging.Extensions;

namespace NtScope.Lab.Tests.Debugging;

/// <summary>The commands about the kernel's structures, in the look that WinDbg's extensions have, against what the machine was built with.</summary>
public sealed class ExtensionCommandTests(FoundingMachine machine) : IClassFixture<FoundingMachine>
{
    [Fact]
    public void All_processes_are_listed_in_the_order_of_the_kernels_list()
    {
        var lines = machine.Run("!process 0 0").Split('\n');
        lines[0].ShouldBe("**** NT ACTIVE PROCESS DUMP ****");
        lines[1].ShouldMatch("^PROCESS [0-9a-f]{16}$");
        lines[2].ShouldBe("    SessionId: none  Cid: 0004    Peb: 00000000  ParentCid: 0000");
        lines[3].ShouldMatch(@"^    DirBase: [0-9a-f]{8}  ObjectTable: [0-9a-f]{16}  HandleCount: +\d+\.$");
        lines[4].ShouldBe("    Image: System");
        lines[5].ShouldBe(string.Empty);
        lines.Count(line => line.StartsWith("PROCESS ", StringComparison.Ordinal)).ShouldBe(18);
        lines.Count(line => line == "    Image: explorer.exe").ShouldBe(1);
    }

    [Fact]
    public void A_process_is_found_by_ID_by_address_and_by_name()
    {
        var byName = machine.Run("!process 0 0 notepad.exe");
        byName.ShouldContain("SessionId: 1");
        var address = byName.Split('\n')[0]["PROCESS ".Length..];
        var id = byName.Split("Cid: ")[1][..4];
        machine.Run($"!process {id} 0").ShouldBe($"Searching for Process with Cid == {id.TrimStart('0')}\n{byName}");
        machine.Run($"!process {address} 0").ShouldBe(byName);
    }

    [Fact]
    public void Flags_add_times_sizes_and_threads()
    {
        var text = machine.Run("!process 0 3 cmd.exe");
        foreach (var line in (string[])["    VadRoot ", "    Token                             ", "    ElapsedTime                       ", "    BasePriority                      8", "        THREAD ", "        Not impersonating", "        Win32 Start Address "])
        {
            text.Split('\n').ShouldContain(found => found.StartsWith(line, StringComparison.Ordinal), line);
        }

        machine.Run("!process 0 4 explorer.exe").Split('\n').Count(line => line.StartsWith("        THREAD ", StringComparison.Ordinal)).ShouldBe(14);
    }

    [Fact]
    public void The_thread_of_the_first_processor_runs()
    {
        var text = machine.Run("!thread");
        text.ShouldMatch(@"^THREAD [0-9a-f]{16}  Cid 0004\.0008  Teb: 0000000000000000 Win32Thread: 0000000000000000 RUNNING on processor 0\n");
        text.ShouldContain("Owning Process            ");
        text.ShouldContain("Image:         System");
    }

    [Fact]
    public void Objects_are_shown_by_path_by_address_and_by_link()
    {
        var directory = machine.Run(@"!object \Device");
        directory.ShouldContain("    Hash Address          Type                      Name\n");
        directory.ShouldMatch(@"\n     \d\d  [0-9a-f]{16} Device                    Null\n");
        machine.Run(@"!object \GLOBAL??\C:").ShouldMatch(@"\n    Target String is '\\Device\\HarddiskVolume\d'\n");
        machine.Run("!object poi(nt!PsInitialSystemProcess)").ShouldMatch(@"^Object: [0-9a-f]{16}  Type: \([0-9a-f]{16}\) Process\n    ObjectHeader: [0-9a-f]{16} \(new version\)\n    HandleCount: 1  PointerCount: 32769\n$");
        machine.Run(@"!object \nosuch").ShouldBe("Object \\nosuch not found\n");
    }

    [Fact]
    public void Drivers_show_devices_routines_and_stacks()
    {
        var text = machine.Run("!drvobj Beep 7");
        text.ShouldMatch(@"^Driver object \([0-9a-f]{16}\) is for:\n \\Driver\\Beep\n\nDriver Extension List: \(id , addr\)\n\nDevice Object list:\n[0-9a-f]{16}  \n\n");
        text.ShouldMatch(@"\n\[0e\] IRP_MJ_DEVICE_CONTROL              [0-9a-f]{16}\tbeep!");
        text.ShouldMatch(@"\n\[1b\] IRP_MJ_PNP                         [0-9a-f]{16}\tnt!IopInvalidDeviceRequest\n");
        text.ShouldMatch(@"\n  [0-9a-f]{16}  \\Driver\\kbdclass   .*KeyboardClass0\n> [0-9a-f]{16}  \\Driver\\Beep ");
        machine.Run("!drvobj nosuch").ShouldBe("Driver object nosuch not found\n");
        machine.Run("!drvobj").ShouldContain(@"\Driver\Beep");
    }

    [Fact]
    public void A_device_names_its_driver_and_what_it_is_attached_to()
    {
        var text = machine.Run(@"!devobj \Device\KeyboardClass0");
        text.ShouldMatch(@"^Device object \([0-9a-f]{16}\) is for:\n KeyboardClass0 \\Driver\\kbdclass DriverObject [0-9a-f]{16}\nCurrent Irp 00000000 RefCount 1 Type 00000022 Flags 00000000\n");
        text.ShouldMatch(@"\nAttachedTo \(Lower\) [0-9a-f]{16} \\Driver\\Beep\nDevice queue is not busy\.\n$");
        machine.Run("!devobj nt").ShouldContain("is no Device object");
    }

    [Fact]
    public void Page_table_entries_stand_where_the_kernel_maps_them()
    {
        // The tables map themselves, so each entry can be read at the address that is shown for it.
        var lines = machine.Run("!pte poi(nt!PsInitialSystemProcess)").Split('\n');
        var places = lines[1].Split("at ").Skip(1).Select(part => part[..16]).ToList();
        var contents = lines[2].Split("contains ").Skip(1).Select(part => part[..16]).ToList();
        places.Count.ShouldBe(4);
        for (var i = 0; i < places.Count; i++)
        {
            machine.Run($"dq {places[i]} L1").Split("  ")[1].Replace("`", "", StringComparison.Ordinal).TrimEnd().ShouldBe(contents[i].ToLowerInvariant(), places[i]);
        }

        lines[3].ShouldMatch("^pfn [0-9a-f]+ +---DA--KWEV ");
        machine.Run("!pte nt!KiServiceTable").ShouldContain("LARGE PAGE pfn ");
        machine.Run("!pte 0").ShouldEndWith("not valid\n");
    }

    [Fact]
    public void A_translation_goes_level_by_level_to_the_bytes()
    {
        var text = machine.Run("!vtop 0 nt!KiServiceTable");
        text.ShouldStartWith("Amd64VtoP: Virt fffff804`13c3ec20, pagedir ");
        text.ShouldContain("\nAmd64VtoP: Large page mapped phys ");
        text.ShouldMatch(@"\nVirtual address fffff80413c3ec20 translates to physical address [0-9a-f]+\.\n$");
        machine.Run("!vtop 0 0").ShouldEndWith("Virtual address 0 translation fails, error 0xD0000147.\n");
    }

    [Fact]
    public void Handles_are_those_that_the_process_opened()
    {
        var text = machine.Run("!handle 0 3 4");
        text.ShouldContain("Searching for Process with Cid == 4\nPROCESS ");
        text.ShouldMatch(@"\nKernel handle table at [0-9a-f]{16} with \d+ entries in use\n");
        text.ShouldMatch(@"\n0004: Object: [0-9a-f]{16}  GrantedAccess: 001fffff Entry: [0-9a-f]{16}\nObject: [0-9a-f]{16}  Type: \([0-9a-f]{16}\) Process\n");
        machine.Run("!handle 4 1 4").ShouldNotContain("0008: ");
    }

    [Fact]
    public void Commands_answer_with_typed_results()
    {
        var listing = machine.Session.Execute("!process 0 0", CancellationToken.None).ShouldBeOfType<ProcessListing>();
        listing.Processes[0].Id.ShouldBe(4UL);
        listing.Processes[0].Image.ShouldBe("System");
        machine.Session.Execute("!drvobj Beep", CancellationToken.None).ShouldBeOfType<DriverObjectListing>().Routines.Count.ShouldBe(28);
    }

    [Fact]
    public void What_is_no_process_is_not_shown_as_one()
    {
        machine.Run("!process nt 0").ShouldContain("is no process");
        machine.Run("!process 12345678 0").ShouldContain("Could not read _EPROCESS");
        machine.Run("!process 5 0").ShouldContain("No process has this ID");
        machine.Run("!thread nt").ShouldContain("is no thread");
    }

    [Fact]
    public void The_memory_and_the_modules_of_a_process_come_into_context()
    {
        var address = machine.Run("!process 0 0 notepad.exe").Split('\n')[0]["PROCESS ".Length..];
        machine.Run("db 7ffcc07fcb50 L4").ShouldContain("?? ?? ?? ??");
        machine.Run($".process /p /r {address}").ShouldBe($"Implicit process is now {address.Insert(8, "`")}\n");
        machine.Run("u ntdll!NtCreateFile L1").ShouldBe("ntdll!NtCreateFile:\n00007ffc`c07fcb50 4c8bd1          mov     r10,rcx\n");
        machine.Run("lm m nt*").ShouldContain("ntdll");
        machine.Run("? nt!KiServiceTable").ShouldContain("fffff804`13c3ec20");
        machine.Run(".process 0").ShouldContain("Implicit process");
        machine.Run("u ntdll!NtCreateFile").ShouldContain("Couldn't resolve error");
    }

    [Fact]
    public void A_process_of_a_capture_is_a_target_of_its_own()
    {
        machine.ProcessSession.Prompt.ShouldBe("0:000> ");
        var modules = FoundingMachine.Run(machine.ProcessSession, "lm");
        modules.ShouldContain("notepad ");
        modules.ShouldContain("00007ffc`c07f0000 00007ffc`c081b000   ntdll      (export symbols)       ntdll.dll");
        FoundingMachine.Run(machine.ProcessSession, "x ntdll!NtCreateF*").ShouldContain("00007ffc`c07fcb50 ntdll!NtCreateFile");
        FoundingMachine.Run(machine.ProcessSession, "!process 0 0").ShouldContain("needs a machine's memory");
        FoundingMachine.Run(machine.ProcessSession, "db nt L1").ShouldContain("Couldn't resolve");
    }
}
