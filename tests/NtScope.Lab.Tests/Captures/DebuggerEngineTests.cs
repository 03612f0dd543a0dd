using System.Diagnostics;
using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Lab.Captures;
using NtScope.Lab.Drivers;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Kernel;
using NtScope.Testing;

namespace NtScope.Lab.Tests.Captures;

/// <summary>Microsoft's debugger engine opens the lab's dumps. It runs under Wine; where that is not set up, the test skips and says so.</summary>
public class DebuggerEngineTests
{
    private const int NotAvailable = 3;

    [Theory]
    [InlineData("10.0.18362.476", CaptureFormat.Dump)]
    [InlineData("10.0.18362.476", CaptureFormat.Bitmap)]
    [InlineData("10.0.22000.795", CaptureFormat.KernelBitmap)]
    [InlineData("6.1.7601.24540", CaptureFormat.Dump)]
    [InlineData("6.3.9600.19913", CaptureFormat.Dump)]
    public void It_opens_a_dump_and_answers_without_complaint(string version, CaptureFormat format)
    {
        FileVersion.TryParse(version, out var parsed).ShouldBeTrue();
        var kernel = KnowledgeBase.Embedded.FindKernel(parsed)!;
        var start = version == "10.0.18362.476" ? new VirtualAddress(0xFFFF_F804_1381_A000) : (VirtualAddress?)null;
        using var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = kernel, MemorySize = 128 << 20, KernelBase = start });
        var path = Path.Combine(Path.GetTempPath(), $"ntscope-{Guid.NewGuid():N}.dmp");
        try
        {
            CaptureWriter.Write(machine, format, path);
            var output = Ask(path, "vertarget", "lm", "dd nt L8", $"dd nt+{kernel.Services!.TableRva:x} L8", "dq nt L2", "u nt!NtCreateFile L2", "r", "~1s", "r");

            output.ShouldNotContain("GetContextState failed");
            output.ShouldNotContain("Unable to get current machine context");
            output.ShouldNotContain("Unable to read");
            output.ShouldNotContain("missing");
            output.ShouldContain($"Kernel Version {parsed.Build} ");
            output.ShouldContain($"Kernel base = 0x{Grouped(machine.Kernel.Base)}");
            output.ShouldContain("MP (2 procs) Free x64");
            foreach (var image in machine.Modules.Where(image => !image.Name.StartsWith("win32k", StringComparison.Ordinal)).Skip(1))
            {
                output.ShouldContain($"{Grouped(image.Base)} {Grouped(image.Base + image.Size)}   {Path.GetFileNameWithoutExtension(image.Name)}");
            }

            output.ShouldContain($"{Grouped(machine.Kernel.Base)}  00905a4d 00000003 00000004 0000ffff");
            output.ShouldContain($"{Grouped(machine.Kernel.Base)}  00000003`00905a4d 0000ffff`00000004");
            var table = machine.Kernel.Base + kernel.Services.TableRva;
            output.ShouldContain($"{Grouped(table)}  {string.Join(' ', Enumerable.Range(0, 4).Select(index => Word(machine, table + (ulong)index * 4)))}");
            output.ShouldContain("nt!NtCreateFile:");
            output.ShouldContain("cs=0010  ss=0018");
            if (start is not null)
            {
                output.ShouldContain("fffff804`13c3ec20  fced7204 fcf77b00 02b94a02 04747400");
                output.ShouldContain("fffff804`13e4a540 4881ec88000000  sub     rsp,88h");
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("5.1.2600.5512")]
    [InlineData("6.1.7601.17514")]
    [InlineData("10.0.17763.107")]
    public void It_opens_a_32_bit_dump_and_answers_without_complaint(string version)
    {
        FileVersion.TryParse(version, out var parsed).ShouldBeTrue();
        using var machine = MachineMemoryBuilder.Build(new MachineMemoryOptions { Kernel = LabKernel.Narrow(parsed), MemorySize = 128 << 20 });
        var path = Path.Combine(Path.GetTempPath(), $"ntscope-{Guid.NewGuid():N}.dmp");
        try
        {
            CaptureWriter.Write(machine, CaptureFormat.Dump, path);
            var output = Ask(path, "vertarget", "lm", "dd nt L8", "u nt!NtCreateFile L2", "r", "~1s", "r");

            output.ShouldNotContain("GetContextState failed");
            output.ShouldNotContain("Unable to get current machine context");
            output.ShouldNotContain("Unable to read");
            output.ShouldNotContain("missing");
            output.ShouldContain($"Kernel Version {parsed.Build} ");
            output.ShouldContain($"Kernel base = 0x{machine.Kernel.Base.Value:x8}");
            output.ShouldContain("MP (2 procs) Free x86 compatible");
            foreach (var image in machine.Modules.Skip(1))
            {
                output.ShouldContain($"{image.Base.Value:x8} {(image.Base + image.Size).Value:x8}   {Path.GetFileNameWithoutExtension(image.Name)}");
            }

            output.ShouldContain($"{machine.Kernel.Base.Value:x8}  00905a4d 00000003 00000004 0000ffff");
            output.ShouldContain("nt!NtCreateFile:");
            foreach (var thread in machine.Processes[0].Threads.Take(2))
            {
                output.ShouldContain($"ebx={thread.Object.Value:x8}");
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void It_opens_the_dump_of_a_machine_that_ran_drivers()
    {
        using var machine = new LabMachine(new LabMachineOptions { Windows = true });
        var driver = machine.LoadDriver(CompiledDrivers.PathOf("zero"));
        var path = Path.Combine(Path.GetTempPath(), $"ntscope-{Guid.NewGuid():N}.dmp");
        try
        {
            machine.Save(path, CaptureFormat.Dump);
            var output = Ask(path, "lm", $"dd {driver.Base.Value:x} L4", $"u zero+{PeImage.FromFile(CompiledDrivers.PathOf("zero")).EntryPoint:x} L2");

            output.ShouldNotContain("Unable to get current machine context");
            output.ShouldContain($"{Grouped(driver.Base)} ");
            output.ShouldContain("   zero ");
            output.ShouldContain($"{Grouped(driver.Base)}  00785a4d");
            output.ShouldContain("push    rsi");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Ask(string dump, params string[] commands)
    {
        var runner = Path.Combine(Facts.ProjectRoot, "eng", "dbgeng", "run");
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(runner), "the debugger engine runs under Wine on Linux only");
        var start = new ProcessStartInfo(runner) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(dump);
        foreach (var command in commands)
        {
            start.ArgumentList.Add(command);
        }

        Check(new ProcessStartInfo(Path.Combine(Facts.ProjectRoot, "eng", "wine-setup")) { ArgumentList = { "--check" }, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false });
        using var engine = Process.Start(start)!;
        var complaints = engine.StandardError.ReadToEndAsync();
        var output = engine.StandardOutput.ReadToEnd();
        engine.WaitForExit();
        Assert.SkipWhen(engine.ExitCode == NotAvailable, $"the debugger engine is not here: {complaints.Result.Trim()}");
        engine.ExitCode.ShouldBe(0, complaints.Result + output);
        return output;
    }

    private static void Check(ProcessStartInfo start)
    {
        using var check = Process.Start(start)!;
        var reason = check.StandardError.ReadToEnd();
        check.WaitForExit();
        Assert.SkipUnless(check.ExitCode == 0, reason.Trim());
    }

    private static string Word(MachineMemory machine, VirtualAddress address) =>
        machine.System.TryReadUInt32(address, out var value, out var fault) ? value.ToString("x8") : throw new InvalidOperationException($"{address}: {fault}");

    private static string Grouped(VirtualAddress address) => address.Value.ToString("x16").Insert(8, "`");
}
