using NtScope.DebuggerComparison;
using NtScope.Images;

switch (args)
{
    case ["prepare", var folder, var version] when FileVersion.TryParse(version.Replace("-x86", "", StringComparison.Ordinal), out var parsed):
        LabDump.Write(folder, parsed, version.EndsWith("-x86", StringComparison.Ordinal));
        return 0;
    case ["compare", var folder, var commands, var engineOutput, var differences]:
        return Comparison.Run(folder, commands, engineOutput, differences, Console.Out) ? 0 : 1;
    default:
        Console.Error.WriteLine("usage: NtScope.DebuggerComparison prepare FOLDER VERSION | compare FOLDER COMMANDS ENGINE-OUTPUT KNOWN-DIFFERENCES");
        return 2;
}
