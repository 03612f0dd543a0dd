using NtScope.Lab.Drivers;

namespace NtScope.Cli.Commands;

/// <summary>What a run in the lab does.</summary>
/// <param name="Drivers">The driver files, in the order of loading.</param>
/// <param name="Device">The device for requests; null for the drivers' first.</param>
/// <param name="Read">How many bytes to read; null for none.</param>
/// <param name="Write">What to write, in hexadecimal; null for nothing.</param>
/// <param name="Controls">Control codes, each with input and the size of the output buffer.</param>
/// <param name="Directory">Where files are made, changed and deleted; null for nowhere.</param>
/// <param name="Scenario">Further lines as the shell takes them.</param>
/// <param name="Trace">Whether each call of a driver is said.</param>
/// <param name="Verify">Whether each access to pool and user memory is checked.</param>
internal sealed record LabRunPlan(
    string[] Drivers, string? Device, int? Read, string? Write, string[] Controls, string? Directory, IReadOnlyList<string> Scenario, bool Trace, bool Verify)
{
    /// <summary>The lines of the shell that the plan stands for.</summary>
    /// <param name="console">The shell, with the drivers loaded.</param>
    /// <exception cref="InputException">Requests are asked for and there is no device.</exception>
    public IEnumerable<string> Lines(LabConsole console)
    {
        var device = Device ?? console.Drivers.Values.SelectMany(driver => driver.Devices).FirstOrDefault(name => name.Length > 0);
        if (device is null && (Read is not null || Write is not null || Controls.Length > 0))
        {
            throw new InputException(Drivers[0], "the driver has no device with a name; name one by --device");
        }

        if (Read is { } bytes)
        {
            yield return $"read {Quoted(device!)} {bytes}";
        }

        if (Write is { } hex)
        {
            yield return $"write {Quoted(device!)} {hex}";
        }

        foreach (var control in Controls)
        {
            var parts = control.Split(':');
            yield return $"ioctl {Quoted(device!)} {parts[0]} {(parts.Length > 1 && parts[1].Length > 0 ? parts[1] : "-")} {(parts.Length > 2 ? parts[2] : "64")}";
        }

        if (Directory is { } directory)
        {
            foreach (var line in new[]
            {
                $"mkdir \"{directory}\"", $"put \"{directory}\\a.txt\" first", $"put \"{directory}\\a.txt:note\" stream", $"get \"{directory}\\a.txt\"",
                $"dir \"{directory}\"", $"ren \"{directory}\\a.txt\" \"{directory}\\b.txt\"", $"put \"{directory}\\c.txt\" second",
                $"put \"{directory}\\d.txt\" third", $"del \"{directory}\\b.txt\"", $"del \"{directory}\\a.txt\"", $"delex \"{directory}\\c.txt\"",
                $"delclose \"{directory}\\d.txt\"", $"dir \"{directory}\"",
            })
            {
                yield return line;
            }
        }

        foreach (var line in Scenario)
        {
            yield return line;
        }
    }

    // The driver chooses its device's name; in a line it is one word.
    private static string Quoted(string name) =>
        name.Contains('"') ? throw new InputException(name, "a device whose name has a quotation mark cannot be asked") : $"\"{name}\"";
}
