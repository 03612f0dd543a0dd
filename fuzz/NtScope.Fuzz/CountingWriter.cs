using System.Text;

namespace NtScope.Fuzz;

/// <summary>Counts what is written and asks for a stop once it is enough.</summary>
internal sealed class CountingWriter(int most, CancellationTokenSource stop) : TextWriter
{
    /// <summary>How many characters were written.</summary>
    public int Count { get; private set; }

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value)
    {
        if (++Count == most) stop.Cancel();
    }

    public override void Write(string? value)
    {
        var before = Count;
        Count += value?.Length ?? 0;
        if (before < most && Count >= most) stop.Cancel();
    }
}
