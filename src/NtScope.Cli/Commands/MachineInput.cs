namespace NtScope.Cli.Commands;

/// <summary>What the verbs that look at a whole machine say in their help.</summary>
internal static class MachineInput
{
    /// <summary>What they take.</summary>
    public const string Description = "A crash dump or a memory capture";
}
