using System.Globalization;
using NtScope.Desktops;
using NtScope.Reports;

namespace NtScope.Windows.Tests.Wine;

/// <summary>Plays one part of the scenario in a Wine of its own, once, and holds what its steps left. Its tests skip where Wine cannot be set up.</summary>
public abstract class WinePart
{
    private readonly string _name;
    private readonly string _folder;
    private readonly string? _unusable;

    protected WinePart(string name)
    {
        _name = name;
        _folder = Path.Combine(WineProgram.Folder, name);
        _unusable = WineProgram.Instance.Play(name, _folder);
    }

    /// <summary>What a step wrote.</summary>
    public string Text(string step) => File.ReadAllText(PathOf(step + ".out")).ReplaceLineEndings("\n");

    /// <summary>What a step wrote as an error.</summary>
    public string Error(string step) => File.ReadAllText(PathOf(step + ".err")).ReplaceLineEndings("\n");

    /// <summary>The exit code of a step.</summary>
    public int Code(string step) => int.Parse(File.ReadAllText(PathOf(step + ".code")), CultureInfo.InvariantCulture);

    /// <summary>The report that a step wrote.</summary>
    public Report<DesktopRow> Report(string step)
    {
        using var stream = File.OpenRead(PathOf(step + ".out"));
        return DesktopReportReader.Read(stream, step);
    }

    /// <summary>A desktop of the report that a step wrote.</summary>
    public DesktopRow Desktop(string step, string name) => Report(step).Rows.First(row => row.Name == name);

    /// <summary>The picture that a step took of the screen.</summary>
    public Screenshot Picture(string step) => Screenshot.FromXwd(PathOf(step + ".xwd"));

    /// <summary>The input desktops that the probe saw, one after the other.</summary>
    public IReadOnlyList<string> InputDesktops(string step) => [.. Text(step).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ', 2)[1].Trim())];

    /// <summary>A file that a step left; the test skips if Wine is not to be had, and fails with what was waited for in vain if the step never came.</summary>
    public string PathOf(string file)
    {
        Assert.SkipWhen(_unusable is not null, _unusable ?? "");
        var path = Path.Combine(_folder, file);
        if (!File.Exists(path))
        {
            var waited = Path.Combine(_folder, "waited.out");
            Assert.Fail($"the part {_name} left no {file}: {(File.Exists(waited) ? File.ReadAllText(waited) : "see log in " + _folder)}");
        }

        return path;
    }
}
