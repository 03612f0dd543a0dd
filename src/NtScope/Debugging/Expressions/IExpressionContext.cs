namespace NtScope.Debugging.Expressions;

/// <summary>What an expression may ask of the debugger: symbols, registers and memory.</summary>
public interface IExpressionContext
{
    /// <summary>The memory that <c>poi</c>, <c>dwo</c> and the like read.</summary>
    IMemory Memory { get; }

    /// <summary>The base of numbers without a prefix: 16, 10 or 8.</summary>
    int Radix { get; }

    /// <summary>Finds the addresses that <c>module!name</c>, <c>name</c> or <c>module</c> stands for; several if it is ambiguous.</summary>
    IReadOnlyList<VirtualAddress> FindSymbol(string name);

    /// <summary>The value of a register (<c>rip</c>) or pseudo-register (<c>$t0</c>, <c>$proc</c>); the name comes without its <c>@</c>.</summary>
    bool TryGetRegister(string name, out ulong value);

    /// <summary>Evaluates the C++ expression that starts at <paramref name="position"/> and leaves it behind its last token.</summary>
    /// <exception cref="DebuggerException">It is no expression, or there is no evaluator for it.</exception>
    ulong EvaluateSource(string line, ref int position) => throw new DebuggerException("C++ expressions are not evaluated here");

    /// <summary>The entry point of the image at <paramref name="imageBase"/>, for <c>$iment</c>.</summary>
    bool TryGetEntryPoint(VirtualAddress imageBase, out VirtualAddress entryPoint);
}
