namespace NtScope.Debugging.Commands;

/// <summary>The option of dump commands that says how many values stand on a line.</summary>
internal static class DumpColumns
{
    private const int Most = 0x100;

    /// <summary>Takes <c>/c n</c> if it comes next; null if it does not.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="most">How many a line can have.</param>
    /// <exception cref="DebuggerException">It is another option, or the number is none that a line can have.</exception>
    public static int? TakeColumns(this CommandArguments arguments, int most = Most)
    {
        if (arguments.AtEnd || arguments.Line[arguments.Position] != '/')
        {
            return null;
        }

        arguments.Position++;
        if (arguments.Position >= arguments.Line.Length || arguments.Line[arguments.Position] is not ('c' or 'C'))
        {
            throw new DebuggerException($"Unknown option '{arguments.TakeWord()}'");
        }

        arguments.Position++;
        var columns = arguments.TakeExpression();
        return columns > 0 && columns <= (ulong)most ? (int)columns : throw arguments.CaretError("Illegal column count");
    }
}
