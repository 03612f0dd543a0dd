using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NtScope.Knowledge.Storage;
using NtScope.KnowledgeGenerator;

namespace NtScope.Tests.Knowledge;

public class StringPoolTests
{
    [Fact]
    public void Every_text_is_found_under_its_number_and_no_other_text_is_found() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string[]>(), given =>
        {
            var texts = given.Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? string.Empty)))
                .Distinct(StringComparer.Ordinal).ToArray();
            var builder = new StringPoolBuilder().Add(texts);
            var pool = new StringPool(builder.Build());

            pool.Count.ShouldBe(texts.Length);
            foreach (var text in texts)
            {
                pool.TryFind(text, out var number).ShouldBeTrue();
                number.ShouldBe(builder[text]);
                pool[number].ShouldBe(text);
                if (!texts.Contains(text + "?", StringComparer.Ordinal))
                {
                    pool.TryFind(text + "?", out _).ShouldBeFalse();
                }
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Numbers_ascend_with_the_names()
    {
        var builder = new StringPoolBuilder().Add(Enumerable.Range(0, 100).Select(i => $"Nt{i:d3}"));
        var section = builder.Build();

        Enumerable.Range(0, 100).Select(i => new StringPool(section)[i]).ShouldBe(Enumerable.Range(0, 100).Select(i => $"Nt{i:d3}"));
    }

    [Fact]
    public void A_name_longer_than_any_known_is_not_found() =>
        new StringPool(new StringPoolBuilder().Add(["NtClose"]).Build()).TryFind(new string('N', Limits.NameBytes + 1), out _).ShouldBeFalse();

    [Fact]
    public void An_empty_pool_finds_nothing() => new StringPool(new StringPoolBuilder().Build()).TryFind("NtClose", out _).ShouldBeFalse();
}
