using System.Text;
using NtScope.Images;
using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

/// <summary>A C++ driver with what Microsoft's driver kit adds: cookies, guarded calls, an entry of its own.</summary>
public sealed class KitDriverTests
{
    private const uint Add = 0x80002000;
    private const uint Find = 0x80002004;
    private const uint ReadUser = 0x8000200B;
    private const uint Assertion = 0x8000200C;
    private const uint Smash = 0x80002010;

    [Fact]
    public void It_runs_and_leaves_nothing_behind()
    {
        using var machine = SampleDrivers.With("notes", out var driver);
        driver.Status.ShouldBe(NtStatus.Success);
        using (var device = machine.OpenDevice(@"\\.\Notes"))
        {
            device.Control(Add, Request("one", "hello")).Status.ShouldBe(NtStatus.Success);
            device.Control(Add, Request("two", "!loud")).Status.ShouldBe(NtStatus.Success);
            Text(device.Control(Find, Request("one", string.Empty), 96)).ShouldBe("hello (5)");
            Text(device.Control(Find, Request("two", string.Empty), 96)).ShouldBe("!loud (10)");
            device.Control(Find, Request("three", string.Empty), 96).Status.ShouldBe(NtStatus.NotFound);
            device.Control(Add, new byte[95]).Status.ShouldBe(NtStatus.BufferTooSmall);
            device.Control(ReadUser, [1, 2, 3]).Status.ShouldBe(NtStatus.Success);
        }

        machine.DebugOutput.ShouldBe(["notes: sum 6, status 0x00000000, 0 exceptions, 1 termination handlers"]);
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void It_is_built_as_the_kit_builds()
    {
        var image = PeImage.FromFile(SampleDrivers.PathOf("notes"));
        image.LoadConfiguration!.SecurityCookieRva.ShouldNotBe(0u);
        var cookie = new byte[8];
        image.Read(image.LoadConfiguration.SecurityCookieRva, cookie, out _);
        BitConverter.ToUInt64(cookie).ShouldBe(0x00002B992DDFA232UL);
    }

    [Fact]
    public void The_seed_decides_the_cookie()
    {
        var rva = PeImage.FromFile(SampleDrivers.PathOf("notes")).LoadConfiguration!.SecurityCookieRva;
        ulong[] cookies = [.. new[] { 1, 1, 2 }.Select(seed =>
        {
            using var machine = SampleDrivers.With("notes", out var driver, new LabMachineOptions { Seed = seed });
            return machine.Kernel.Memory.ReadUInt64(driver.Base.Value + rva);
        })];
        cookies[0].ShouldBe(cookies[1]);
        cookies[0].ShouldNotBe(cookies[2]);
        cookies.ShouldAllBe(cookie => cookie > 0xFFFF && cookie < 1UL << 48 && cookie != 0x2B992DDFA232);
    }

    [Fact]
    public void An_assertion_that_fails_is_a_bug_check()
    {
        using var machine = SampleDrivers.With("notes", out _);
        using var device = machine.OpenDevice(@"\\.\Notes");
        device.Control(Assertion).Status.ShouldBe(NtStatus.Success);
        Should.Throw<MachineStoppedException>(() => device.Control(Assertion, [1])).Finding.Detail.ShouldContain("AssertionFailure");
    }

    [Fact]
    public void A_stack_that_is_overrun_ends_at_its_cookie()
    {
        using var machine = SampleDrivers.With("notes", out _);
        using var device = machine.OpenDevice(@"\\.\Notes");
        device.Control(Smash, new byte[32]).Status.ShouldBe(NtStatus.Success);
        var finding = Should.Throw<MachineStoppedException>(() => device.Control(Smash, new byte[41])).Finding;
        finding.Detail.ShouldContain("bug check 0x139");
        finding.Stack.ShouldContain(frame => frame.StartsWith("notes!__security_check_cookie", StringComparison.Ordinal));
    }

    private static byte[] Request(string name, string text)
    {
        var request = new byte[96];
        Encoding.Unicode.GetBytes(name).CopyTo(request, 0);
        Encoding.Unicode.GetBytes(text).CopyTo(request, 32);
        return request;
    }

    private static string Text(LabIoResult result) => Encoding.Unicode.GetString(result.Output.AsSpan(32)).Split('\0')[0];
}
