using System.Buffers.Binary;
using System.Net;
using System.Text;
using NtScope.Lab.Drivers;

namespace NtScope.Lab.Tests.Drivers;

public sealed class NetworkDriverTests
{
    private const uint BlockName = 0x8000A400;
    private const uint BlockProcess = 0x8000A404;
    private const uint Clear = 0x80002408;
    private static readonly IPAddress Host = IPAddress.Parse("93.184.216.34");

    [Fact]
    public void Connections_of_a_chosen_program_or_process_are_blocked()
    {
        using var machine = SampleDrivers.With("netblock", out var driver);
        var evil = machine.StartProcess(@"C:\Users\x\Evil.exe");
        var notepad = machine.StartProcess(@"C:\Windows\notepad.exe");
        using (var device = machine.OpenDevice(@"\\.\NetBlock"))
        {
            machine.Network.Connect(evil, Host, 443).IsPermitted.ShouldBeTrue();
            device.Control(BlockName, Encoding.Unicode.GetBytes("evil.exe")).Status.ShouldBe(NtStatus.Success);
            machine.Network.Connect(evil, Host, 443).BlockedAt.ShouldBe("ALE_AUTH_CONNECT_V4");
            machine.Network.Connect(evil, IPAddress.Parse("2001:db8::1"), 443, udp: true).BlockedAt.ShouldBe("ALE_AUTH_CONNECT_V6");
            machine.Network.Accept(evil, 8080, new IPEndPoint(Host, 50000)).BlockedAt.ShouldBe("ALE_AUTH_RECV_ACCEPT_V4");
            machine.Network.Connect(notepad, Host, 443).IsPermitted.ShouldBeTrue();
            device.Control(BlockProcess, BitConverter.GetBytes(notepad.Id)).Status.ShouldBe(NtStatus.Success);
            machine.Network.Connect(notepad, Host, 443).IsPermitted.ShouldBeFalse();
            device.Control(Clear);
            machine.Network.Connect(notepad, Host, 443).IsPermitted.ShouldBeTrue();
            machine.Network.Connect(evil, Host, 443).IsPermitted.ShouldBeTrue();
        }

        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_flow_is_followed_from_its_beginning_to_its_end()
    {
        using var machine = SampleDrivers.With("netblock", out var driver);
        var process = machine.StartProcess(@"C:\a.exe");
        using (machine.Network.Connect(process, Host, 443))
        {
            machine.DebugOutput.ShouldBe([$"netblock: process {process.Id} and 93.184.216.34:443, outbound"]);
        }

        machine.DebugOutput[^1].ShouldBe($"netblock: the connection of process {process.Id} with port 443 ends");
        var open = machine.Network.Accept(process, 80, new IPEndPoint(IPAddress.Loopback, 50000));
        machine.DebugOutput[^1].ShouldBe($"netblock: process {process.Id} and 127.0.0.1:50000, inbound");
        driver.Unload().Findings.ShouldBeEmpty();
        machine.DebugOutput[^1].ShouldBe($"netblock: the connection of process {process.Id} with port 50000 ends");
        open.Dispose();
        machine.Findings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("93.184.216.34", 25, false, @"C:\a.exe", false)]
    [InlineData("93.184.216.34", 26, false, @"C:\a.exe", false)]
    [InlineData("93.184.216.34", 25, true, @"C:\a.exe", true)]
    [InlineData("93.184.216.34", 27, false, @"C:\a.exe", true)]
    [InlineData("10.1.200.3", 80, false, @"C:\a.exe", false)]
    [InlineData("10.2.200.3", 80, false, @"C:\a.exe", true)]
    [InlineData("2001:db8:e000::1", 80, false, @"C:\a.exe", true)]
    [InlineData("2001:db8:ff00::1", 80, false, @"C:\a.exe", false)]
    [InlineData("2001:db8:f000::1", 80, false, @"C:\a.exe", false)]
    [InlineData("93.184.216.34", 5999, false, @"C:\a.exe", true)]
    [InlineData("93.184.216.34", 6005, false, @"C:\a.exe", false)]
    [InlineData("93.184.216.34", 6011, false, @"C:\a.exe", true)]
    [InlineData("93.184.216.34", 80, false, @"C:\Evil.exe", false)]
    [InlineData("93.184.216.34", 80, false, @"C:\Evil.exe2", true)]
    public void Filters_decide_by_their_conditions(string remote, int port, bool udp, string path, bool isPermitted)
    {
        using var machine = With(1, out var driver);
        machine.Network.Connect(machine.StartProcess(path), IPAddress.Parse(remote), port, udp).IsPermitted.ShouldBe(isPermitted);
        Run(machine, driver, 3);
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Ports_and_incoming_connections_are_filtered_too()
    {
        using var machine = With(1, out _);
        machine.Network.Bind(machine.Client, 80).ShouldBeFalse();
        machine.Network.Bind(machine.Client, 8080).ShouldBeTrue();
        machine.Network.Accept(machine.Client, 80, new IPEndPoint(IPAddress.Loopback, 50000)).BlockedAt.ShouldBe("ALE_AUTH_RECV_ACCEPT_V4");
        machine.Network.Accept(machine.Client, 80, new IPEndPoint(Host, 50000)).IsPermitted.ShouldBeTrue();
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    [InlineData(5, false)]
    [InlineData(6, false)]
    [InlineData(7, true)]
    [InlineData(8, true)]
    public void Filters_that_disagree_are_arbitrated(int port, bool isPermitted)
    {
        using var machine = With(2, out var driver);
        machine.Network.Connect(machine.Client, Host, port).IsPermitted.ShouldBe(isPermitted);
        Run(machine, driver, 3);
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_callout_sees_the_fields_of_its_layer()
    {
        using var machine = With(2, out _);
        machine.Network.Connect(machine.Client, IPAddress.IPv6Loopback, 80).IsPermitted.ShouldBeTrue();
        machine.Network.Connect(machine.Client, IPAddress.Parse("2001:db8::99"), 80, udp: true).IsPermitted.ShouldBeTrue();
        machine.DebugOutput.ShouldBe(
        [
            "filters: layer 50, 34 fields, local 00.01, protocol 6, flags 1, path type 12, context abcd",
            "filters: layer 50, 34 fields, local 20.10, protocol 17, flags 0, path type 12, context abcd",
        ]);
    }

    [Fact]
    public void Each_failure_of_a_registration_is_survived()
    {
        for (var call = 1; call <= 20; call++)
        {
            using var machine = SampleDrivers.With("netblock", out var driver, new LabMachineOptions { FaultInjection = new FaultInjection { FailCall = call } });
            machine.Network.Connect(machine.Client, Host, 443).Dispose();
            if ((int)driver.Status >= 0)
            {
                driver.Unload();
            }

            machine.Findings.ShouldBeEmpty($"call {call} failing");
        }
    }

    private static LabMachine With(uint group, out LabDriver driver)
    {
        var machine = SampleDrivers.With("filters", out driver);
        Run(machine, driver, group);
        return machine;
    }

    private static void Run(LabMachine machine, LabDriver driver, uint group)
    {
        using var device = machine.OpenDevice(driver.Devices[0]);
        BinaryPrimitives.ReadUInt32LittleEndian(device.Control(0x80000000 | (0xB00u + group) << 2, outputLength: 4).Output).ShouldBe(0u, "the line in filters.c that failed");
    }
}
