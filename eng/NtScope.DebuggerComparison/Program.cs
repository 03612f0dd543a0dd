using NtScope.DebuggerComparison;

switch (args)
{
    case ["prepare", var folder]:
        LabDump.Write(folder);
        return 0;
    case ["compare", var folder, var commands, var engineOutput, var differences]:
        return Comparison.Run(folder, commands, engineOutput, differences, Console.Out) ? 0 : 1;
    default:
        Console.Error.WriteLine("usage: NtScope.DebuggerComparison prepare FOLDER | compare FOLDER COMMANDS ENGINE-OUTPUT KNOWN-DIFFERENCES");
        return 2;
}
