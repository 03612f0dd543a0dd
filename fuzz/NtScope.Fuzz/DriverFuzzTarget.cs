using NtScope.Lab.Drivers;
using NtScope.Testing;

namespace NtScope.Fuzz;

/// <summary>
/// Compiled sample drivers with damage in headers, tables and code, loaded into a machine, sent requests and unloaded. Findings and a
/// machine that stops are what the lab promises; everything else is a failure.
/// </summary>
internal sealed class DriverFuzzTarget : IFuzzTarget
{
    private static readonly string[] Names = ["zero", "procmon", "procblock", "protector", "regmon", "delprotect", "backup", "mechanisms", "broken0"];
    private static readonly uint[] Codes = [0x80002000, 0x8000A007, 0x8000A400, 0x8000A800, 0x80002004, 0x80002008, 0x8000200B, 0x80002010];
    private readonly Lazy<List<byte[]>> _seeds = new(Load);

    public string Name => "drivers";

    public IReadOnlyList<byte[]> Seeds => _seeds.Value;

    public void Read(byte[] input)
    {
        var random = new Random(input.Length);
        using var machine = new LabMachine(new LabMachineOptions { BlockBudget = 200_000, MemoryBytes = 256UL << 20 });
        try
        {
            var driver = machine.LoadDriver(input, "fuzz.sys");
            foreach (var name in driver.Devices.Where(name => name.Length > 0).Take(2))
            {
                using var device = machine.OpenDevice(name);
                if (device.OpenStatus != NtStatus.Success)
                {
                    continue;
                }

                device.Read(64);
                device.Write(new byte[32]);
                foreach (var code in Codes)
                {
                    var data = new byte[random.Next(64)];
                    random.NextBytes(data);
                    device.Control(code, data, random.Next(64));
                }
            }

            machine.StartProcess(@"C:\Windows\notepad.exe").Exit();
            machine.Files.Write(@"C:\data\a.txt", [1, 2, 3]);
            machine.Files.Delete(@"C:\data\a.txt");
            machine.Registry.CreateKey(@"HKLM\SOFTWARE\App");
            machine.Registry.SetValue(@"HKLM\SOFTWARE\App", "Version", 7u);
            machine.Advance(TimeSpan.FromSeconds(10));
            driver.Unload();
        }
        catch (MachineStoppedException stopped) when (stopped.Finding.Kind != "internal")
        {
            // The machine stopped with a finding, as it should.
        }
    }

    private static List<byte[]> Load()
    {
        var folder = Path.Combine(Facts.ProjectRoot, "artifacts", "drivers");
        var paths = Names.Select(name => Path.Combine(folder, name + ".sys")).Where(File.Exists).ToArray();
        return paths.Length > 0 ? [.. paths.Select(File.ReadAllBytes)] : throw new InputException(folder, "no sample drivers; run eng/build-drivers");
    }
}
