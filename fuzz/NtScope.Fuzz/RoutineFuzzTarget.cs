using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using NtScope.Lab.Drivers;
using NtScope.Testing;

namespace NtScope.Fuzz;

/// <summary>
/// Every routine of the executive with arguments that are numbers, places in a driver's memory, objects, and what earlier calls returned. A machine
/// that stops with a finding is right, unless the finding is that the lab itself failed.
/// </summary>
internal sealed class RoutineFuzzTarget : IFuzzTarget
{
    private const int Arguments = 10;
    private const int NameBytes = 64;
    private const int Calls = 40;
    private const int Programs = 64;
    private const int ProgramBytes = 64;
    private const uint ThingsCode = 0x80002C00;
    private const uint CallCode = 0x80002C04;
    private const int MostValues = 128;

    // They only end the case.
    private static readonly string[] Ends = ["KeBugCheck", "KeBugCheckEx"];
    private static readonly ulong[] Numbers =
    [
        0, 1, 2, 3, 4, 8, 0x10, 0x18, 0x40, 0x100, 0xFFF, 0x1000, 0x1001, 0x8000, 0xFFFF, 0x1_0000, 0x10_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, ulong.MaxValue, ulong.MaxValue - 1, 0x7FFF_FFFF_0000, 0x1_0000_0000, 0xFFFF_8000_0000_0000,
    ];

    private readonly Lazy<byte[]> _driver = new(Load);
    private readonly Lazy<string[]> _routines = new(List);

    public string Name => "routines";

    public IReadOnlyList<byte[]> Seeds { get; } = [.. Enumerable.Range(0, Programs).Select(Program)];

    public void Read(byte[] input)
    {
        using var machine = new LabMachine(new LabMachineOptions { BlockBudget = 500_000, MemoryBytes = 256UL << 20 });
        try
        {
            var driver = machine.LoadDriver(_driver.Value, "caller.sys");
            machine.Files.Write(@"C:\caller.txt", [1, 2, 3]);
            using (var device = machine.OpenDevice(@"\Device\Caller"))
            {
                Call(device, input);
            }

            machine.StartProcess(@"C:\Windows\notepad.exe").Exit();
            machine.Files.Write(@"C:\data\a.txt", [1, 2, 3]);
            machine.Files.Delete(@"C:\data\a.txt");
            machine.Registry.SetValue(@"HKLM\SOFTWARE", "Version", 7u);
            machine.Advance(TimeSpan.FromSeconds(10));
            driver.Unload();
        }
        catch (MachineStoppedException stopped) when (stopped.Finding.Kind != "internal")
        {
            // The machine stopped with a finding, as it should.
        }
    }

    private void Call(LabDevice device, byte[] input)
    {
        var values = new List<ulong>(Numbers);
        var things = device.Control(ThingsCode, [], NameBytes * sizeof(ulong)).Output;
        for (var i = 0; i + sizeof(ulong) <= things.Length; i += sizeof(ulong))
        {
            values.Add(BinaryPrimitives.ReadUInt64LittleEndian(things.AsSpan(i)));
        }

        // The input decides all calls at once: a changed byte gives others.
        var random = new Random(BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(input)));
        for (var number = 0; number < Calls; number++)
        {
            var name = _routines.Value[random.Next(_routines.Value.Length)];
            var call = new byte[NameBytes + (Arguments * sizeof(ulong))];
            Encoding.ASCII.GetBytes(name, call);
            for (var i = 0; i < Arguments; i++)
            {
                // Most arguments are things and numbers as they are; some are a little beside them.
                var value = values[random.Next(values.Count)] + (random.Next(8) == 0 ? (ulong)random.Next(-16, 17) : 0);
                BinaryPrimitives.WriteUInt64LittleEndian(call.AsSpan(NameBytes + (i * sizeof(ulong))), value);
            }

            var answer = device.Control(CallCode, call, 2 * sizeof(ulong)).Output;
            for (var i = 0; i + sizeof(ulong) <= answer.Length && values.Count < MostValues; i += sizeof(ulong))
            {
                values.Add(BinaryPrimitives.ReadUInt64LittleEndian(answer.AsSpan(i)));
            }
        }
    }

    private static byte[] Program(int seed)
    {
        var program = new byte[ProgramBytes];
        new Random(seed).NextBytes(program);
        return program;
    }

    private static string[] List()
    {
        using var machine = new LabMachine();
        return [.. machine.ImplementedRoutines.Except(Ends, StringComparer.Ordinal)];
    }

    private static byte[] Load()
    {
        var path = Path.Combine(Facts.ProjectRoot, "artifacts", "drivers", "caller.sys");
        return File.Exists(path) ? File.ReadAllBytes(path) : throw new InputException(path, "no such sample driver; run eng/build-drivers");
    }
}
