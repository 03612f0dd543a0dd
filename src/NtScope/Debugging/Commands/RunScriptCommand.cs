using NtScope.Debugging.Scripting;

namespace NtScope.Debugging.Commands;

/// <summary><c>$$&gt;&lt; $$&gt;a&lt; $&gt;&lt; $&lt;</c>: runs a file of commands.</summary>
public sealed class RunScriptCommand : IBlockCommand
{
    private const string WithArguments = "$$>a<";

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["$$><", "$$<", "$><", "$<", WithArguments, "$>a<"];

    /// <inheritdoc/>
    public string Usage => "$$>< file  or  $$>a< file argument ...";

    /// <inheritdoc/>
    public string Help => "Runs the commands in a file. With $$>a<, ${$arg1}, ${$arg2} and so on stand for the arguments; quotes keep blanks in one.";

    /// <inheritdoc/>
    public IEnumerable<ICommandResult> Run(ScriptRunner runner, CommandArguments arguments, CancellationToken cancellation)
    {
        var words = arguments.Name.Contains('a', StringComparison.OrdinalIgnoreCase) ? ScriptFile.Words(arguments.TakeRest()) : [arguments.TakeRest().Trim('"')];
        if (words is not [{ Length: > 0 } path, ..])
        {
            throw new DebuggerException("A script needs a file name");
        }

        var text = ScriptFile.Read(path);
        for (var i = 1; i < words.Count; i++)
        {
            runner.Session.Aliases.Set($"$arg{i}", words[i]);
        }

        foreach (var result in runner.Run(text, cancellation)) yield return result;
        for (var i = 1; i < words.Count; i++)
        {
            runner.Session.Aliases.Remove($"$arg{i}");
        }
    }
}
