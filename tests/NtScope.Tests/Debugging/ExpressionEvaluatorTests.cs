using FsCheck;
using FsCheck.Fluent;
using NtScope.Debugging;
using NtScope.Debugging.Expressions;

namespace NtScope.Tests.Debugging;

public class ExpressionEvaluatorTests
{
    private static readonly string[] BinaryOperators = ["+", "-", "*", "/", "%", "<<", ">>", ">>>", "&", "|", "^", "==", "!=", "<", ">", "<=", ">=", "and", "or", "xor", "mod"];

    // The expected values are what Microsoft's debugger engine 10.0.29507 printed for the same text.
    [Theory]
    [InlineData("55", 0x55)]
    [InlineData("1+2*3", 7)]
    [InlineData("1`0", 0x10)]
    [InlineData("ffffffff`fffffffe", -2)]
    [InlineData("0n10", 10)]
    [InlineData("0t17", 15)]
    [InlineData("0y101", 5)]
    [InlineData("12h", 18)]
    [InlineData("10 mod 3", 1)]
    [InlineData("1 + 2 << 3", 24)]
    [InlineData("1 << 2 + 3", 32)]
    [InlineData("-8 >> 1", 0x7ffffffffffffffc)]
    [InlineData("-8 >>> 1", -4)]
    [InlineData("1 << 40", 1)]
    [InlineData("1 | 2 ^ 3 & 1", 0)]
    [InlineData("1 == 1 & 2", 0)]
    [InlineData("3 & 1 == 1", 1)]
    [InlineData("not 5", 0)]
    [InlineData("~5", 0)]
    [InlineData("not not 5", 1)]
    [InlineData("hi(12345678)", 0x1234)]
    [InlineData("low 12345678 + 1", 0x5679)]
    [InlineData("123456789012345678", 0x3456789012345678)]
    [InlineData("'AB'", 0x4142)]
    [InlineData("-1 > 0", 0)]
    [InlineData("-1 / 2", 0)]
    [InlineData("- - 5", 5)]
    [InlineData("1 - 1 - 1", -1)]
    [InlineData("100 / 3 * 3", 0xff)]
    [InlineData("add", 0xadd)]
    [InlineData("[1]", 1)]
    [InlineData("$scmp(\"a\",\"a\")", 0)]
    [InlineData("$sicmp(\"a\",\"A\")", 0)]
    [InlineData("$spat(\"abc\",\"a*\")", 1)]
    [InlineData("$vvalid(0,10)", 0)]
    [InlineData("by(1000)", 0x4d)]
    [InlineData("wo 1000", 0x5a4d)]
    [InlineData("dwo(1000)", 0x00905a4d)]
    [InlineData("poi 1000 + 8", 0x0000000300905a55)]
    [InlineData("nt!Name + 1", 0x2001)]
    [InlineData("@$t0", 7)]
    public void An_expression_has_the_value_that_the_engine_gives_it(string text, long expected) => Evaluate(text).ShouldBe(unchecked((ulong)expected));

    [Theory]
    [InlineData("foo", "Couldn't resolve error at 'foo'")]
    [InlineData("ntdll+1", "Couldn't resolve error at 'ntdll+1'")]
    [InlineData("!5", "Couldn't resolve error at '!5'")]
    [InlineData("1+", "Numeric expression missing from '<EOL>'")]
    [InlineData("(1", "Syntax error at '<EOL>'")]
    [InlineData("1/0", "Operand error at '0'")]
    [InlineData("@foo", "Bad register error at '@foo'")]
    [InlineData("poi(0)", "Memory access error at ')'")]
    [InlineData("by 0", "Memory access error at '0'")]
    [InlineData("0n18446744073709551616", "Overflow error at '0n18446744073709551616'")]
    [InlineData("0xZZ", "Syntax error at '0xZZ'")]
    [InlineData("0n1f", "Syntax error at '0n1f'")]
    [InlineData("12g", "Syntax error at '12g'")]
    [InlineData("{1}", "Syntax error at '{1}'")]
    [InlineData("1 && 1", "Numeric expression missing from '& 1'")]
    public void What_is_no_expression_fails_with_the_words_of_the_engine(string text, string message) =>
        Should.Throw<DebuggerException>(() => Evaluate(text)).Message.ShouldBe(message);

    [Fact]
    public void Nesting_is_bounded() => Should.Throw<DebuggerException>(() => Evaluate(new string('(', 100_000)));

    [Fact]
    public void A_chain_of_operators_has_the_value_that_splitting_at_the_loosest_one_gives()
    {
        var step = ArbMap.Default.GeneratorFor<ulong>().SelectMany(value => Gen.Elements(BinaryOperators), (value, operation) => (operation, value));
        var chain = ArbMap.Default.GeneratorFor<ulong>().SelectMany(first => Gen.ListOf(step), (first, rest) => (first, rest: rest.ToList()));
        Prop.ForAll(chain.ToArbitrary(), pair =>
        {
            var text = $"0x{pair.first:x}" + string.Concat(pair.rest.Select(item => $" {item.operation} 0x{item.value:x}"));
            var expected = Split([pair.first, .. pair.rest.Select(item => item.value)], [.. pair.rest.Select(item => item.operation)]);
            if (expected is { } value)
            {
                Evaluate(text).ShouldBe(value, text);
            }
            else
            {
                Should.Throw<DebuggerException>(() => Evaluate(text), text);
            }
        }).QuickCheckThrowOnFailure();
    }

    // Independent of the parser: finds the last operator of the loosest level and splits there. Null is a division by zero.
    private static ulong? Split(IReadOnlyList<ulong> values, IReadOnlyList<string> operators)
    {
        if (operators.Count == 0)
        {
            return values[0];
        }

        string[][] levels = [["&", "|", "^", "and", "or", "xor"], ["==", "!=", "<", ">", "<=", ">="], ["<<", ">>", ">>>"], ["+", "-"], ["*", "/", "%", "mod"]];
        foreach (var level in levels)
        {
            for (var i = operators.Count - 1; i >= 0; i--)
            {
                if (level.Contains(operators[i]))
                {
                    var left = Split([.. values.Take(i + 1)], [.. operators.Take(i)]);
                    var right = Split([.. values.Skip(i + 1)], [.. operators.Skip(i + 1)]);
                    return left is null || right is null ? null : Compute((Int128)(long)left, operators[i], (Int128)(long)right);
                }
            }
        }

        throw new InvalidOperationException("an operator has no level");
    }

    private static ulong? Compute(Int128 left, string operation, Int128 right)
    {
        var count = (int)(right & 63);
        return operation switch
        {
            "/" => right == 0 ? null : Wrap(left / right),
            "%" or "mod" => right == 0 ? null : Wrap(left % right),
            "+" => Wrap(left + right),
            "-" => Wrap(left - right),
            "*" => unchecked((ulong)(long)left * (ulong)(long)right),
            "<<" => Wrap((Int128)((UInt128)(left & ulong.MaxValue) << count)),
            ">>" => Wrap((left & ulong.MaxValue) >> count),
            ">>>" => Wrap(left >> count),
            "&" or "and" => Wrap(left & right),
            "|" or "or" => Wrap(left | right),
            "^" or "xor" => Wrap(left ^ right),
            "==" => left == right ? 1UL : 0,
            "!=" => left != right ? 1UL : 0,
            "<" => left < right ? 1UL : 0,
            ">" => left > right ? 1UL : 0,
            "<=" => left <= right ? 1UL : 0,
            _ => left >= right ? 1UL : 0,
        };
    }

    private static ulong Wrap(Int128 value) => (ulong)(value & ulong.MaxValue);

    private static ulong Evaluate(string text) => new ExpressionEvaluator(new FakeExpressionContext()).Evaluate(text);
}
