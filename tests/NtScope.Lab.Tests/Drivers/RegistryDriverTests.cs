using System.Text;
using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class RegistryDriverTests
{
    [Fact]
    public void The_monitor_prints_what_is_set_and_protects_a_key()
    {
        using var machine = SampleDrivers.With("regmon", out var driver);
        driver.Status.ShouldBe(NtStatus.Success);
        var process = machine.StartProcess(@"C:\setup.exe");
        machine.Registry.CreateKey(@"HKLM\SOFTWARE\App").ShouldBe(NtStatus.Success);
        machine.Registry.CreateKey(@"HKLM\SOFTWARE\Protected\Deep").ShouldBe(NtStatus.Success);
        machine.Registry.SetValue(@"HKLM\SOFTWARE\App", "Version", 7u, process).ShouldBe(NtStatus.Success);
        machine.Registry.SetValue(@"HKLM\SOFTWARE\Protected\Deep", "Secret", "x", process).ShouldBe(NtStatus.AccessDenied);
        machine.Registry.SetValue(@"HKCU\Other", "Name", "y", process).ShouldBe(NtStatus.ObjectNameNotFound);
        machine.Registry.ReadValue(@"HKLM\SOFTWARE\App", "Version", out var version).ShouldBe(NtStatus.Success);
        version.ShouldBe([7, 0, 0, 0]);
        machine.Registry.ReadValue(@"HKLM\SOFTWARE\Protected\Deep", "Secret", out _).ShouldBe(NtStatus.ObjectNameNotFound);
        driver.Unload().Findings.ShouldBeEmpty();
        machine.DebugOutput.ShouldBe(
        [
            $@"regmon: process {process.Id} sets \REGISTRY\MACHINE\SOFTWARE\App\Version (4 bytes)",
            $@"regmon: process {process.Id} may not set \REGISTRY\MACHINE\SOFTWARE\Protected\Deep\Secret (4 bytes)",
            "regmon: 1 values were set",
        ]);
    }

    [Fact]
    public void Without_a_driver_the_registry_holds_what_is_written()
    {
        using var machine = new LabMachine();
        machine.Registry.CreateKey(@"HKCU\A\B").ShouldBe(NtStatus.Success);
        machine.Registry.SetValue(@"HKCU\A\B", "Text", "hello").ShouldBe(NtStatus.Success);
        machine.Registry.ReadValue(@"\REGISTRY\USER\.DEFAULT\a\b", "TEXT", out var data).ShouldBe(NtStatus.Success);
        Encoding.Unicode.GetString(data).ShouldBe("hello\0");
        machine.Registry.DeleteKey(@"HKCU\A").ShouldBe(NtStatus.CannotDelete);
        machine.Registry.RenameKey(@"HKCU\A\B", "C").ShouldBe(NtStatus.Success);
        machine.Registry.DeleteValue(@"HKCU\A\C", "Text").ShouldBe(NtStatus.Success);
        machine.Registry.DeleteKey(@"HKCU\A\C").ShouldBe(NtStatus.Success);
        machine.Registry.DeleteKey(@"HKCU\A").ShouldBe(NtStatus.Success);
        machine.Registry.CreateKey("Nowhere").ShouldBe(NtStatus.ObjectPathSyntaxBad);
    }
}
