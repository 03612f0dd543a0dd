using System.Buffers.Binary;
using NtScope.Debugging;
using NtScope.Lab.Drivers;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Tests.Debugging;

namespace NtScope.Lab.Tests.Drivers;

public sealed class PoolQuotaTests
{
    private const uint Quota = 0x80000000 | 0xB03u << 2;
    private const uint Hold = 0x80000000 | 0xB04u << 2;
    private const ulong BlockBytes = 0x80;

    [Fact]
    public void A_process_is_charged_up_to_its_limit_and_the_system_process_is_not()
    {
        using var machine = SampleDrivers.With("executive", out var driver, new LabMachineOptions { PoolQuota = 0x10000 });
        using (var device = machine.OpenDevice(driver.Devices[0]))
        {
            Run(device, Quota);
        }

        machine.Client.NonPagedPoolQuota.ShouldBe(0u);
        machine.Client.PagedPoolQuota.ShouldBe(0u);
        driver.Unload().Findings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("10.0.18362.476")]
    [InlineData("6.1.7601.24540")]
    public void Process_and_block_say_what_is_charged(string version)
    {
        var options = new LabMachineOptions { Kernel = LabKernel.Wide.First(kernel => kernel.Version.ToString() == version) };
        using var machine = SampleDrivers.With("executive", out var driver, options);
        using var device = machine.OpenDevice(driver.Devices[0]);
        Run(device, Hold);
        machine.Client.PagedPoolQuota.ShouldBe(BlockBytes);
        machine.Client.NonPagedPoolQuota.ShouldBe(0u);
        ShownQuota(machine).ShouldBe(BlockBytes.ToString(System.Globalization.CultureInfo.InvariantCulture));

        var memory = machine.Kernel.Memory;
        Span<byte> HeaderOf(Executive.Pool.PoolBlock block) => machine.Kernel.Pool.ArenaAt(block.Address)!.HeaderOf(block.Address);
        var block = machine.Kernel.Pool.Blocks.Single(block => block.Billed != 0);
        HeaderOf(block)[3].ShouldBe((byte)0x0B);
        var billed = BitConverter.ToUInt64(HeaderOf(block)[8..]);
        var isEncoded = options.Kernel.Version.Build >= 9200;
        (billed == machine.Client.Address.Value).ShouldBe(!isEncoded);
        var cookie = isEncoded ? memory.ReadUInt64(machine.Kernel.Machine.Kernel.AddressOf("ExpPoolQuotaCookie", 8).Value) ^ (block.Address - 16) : 0;
        (billed ^ cookie).ShouldBe(machine.Client.Address.Value);

        Run(device, Hold);
        machine.Client.PagedPoolQuota.ShouldBe(0u);
        ShownQuota(machine).ShouldBe("0");
        HeaderOf(block)[3].ShouldBe((byte)0x03);
    }

    private static string ShownQuota(LabMachine machine)
    {
        using var target = machine.AsTarget();
        using var session = new DebuggerSession(target);
        var text = FoundingMachine.Run(session, $"!process {machine.Client.Address.Value:x} 1");
        return text.Split('\n').Single(line => line.Contains("QuotaPoolUsage[PagedPool]", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1];
    }

    private static void Run(LabDevice device, uint code)
    {
        var answer = device.Control(code, outputLength: sizeof(uint));
        answer.Status.ShouldBe(NtStatus.Success);
        BinaryPrimitives.ReadUInt32LittleEndian(answer.Output).ShouldBe(0u, "the line in executive.c that failed");
    }
}
