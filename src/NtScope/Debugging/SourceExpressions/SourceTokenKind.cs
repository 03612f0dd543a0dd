namespace NtScope.Debugging.SourceExpressions;

/// <summary>What a token of a C++ expression is.</summary>
internal enum SourceTokenKind
{
    End,
    Value,
    Name,
    Operator,
}
