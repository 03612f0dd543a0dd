namespace NtScope.Debugging.Execution;

/// <summary>The commands that a session has whose target runs.</summary>
internal static class ExecutionCommands
{
    /// <summary>Adds them.</summary>
    public static void AddTo(CommandTable commands, ExecutionController execution)
    {
        commands.Add(new GoCommand(execution));
        commands.Add(new StepCommand(execution));
        commands.Add(new StepOutCommand(execution));
        commands.Add(new BreakpointCommand(execution));
        commands.Add(new BreakpointListCommand(execution));
        commands.Add(new BreakpointChangeCommand(execution));
        commands.Add(new StackCommand(execution));
        commands.Add(new MachineCommand(execution));
        commands.Add(new AnalyzeCommand(execution));
    }
}
