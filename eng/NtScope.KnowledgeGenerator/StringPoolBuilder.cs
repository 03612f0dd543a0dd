using System.Text;
using NtScope.Knowledge.Storage;

namespace NtScope.KnowledgeGenerator;

/// <summary>Collects texts and writes them as a <see cref="StringPool"/>. Numbers are known once <see cref="Build"/> has run.</summary>
internal sealed class StringPoolBuilder
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    /// <summary>The number of a text.</summary>
    public int this[string text] => _numbers[text];

    /// <summary>Adds a text.</summary>
    public void Add(string text) => _numbers.TryAdd(text, -1);

    /// <summary>Adds texts.</summary>
    public StringPoolBuilder Add(IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            Add(text);
        }

        return this;
    }

    /// <summary>Numbers the texts and writes the pool.</summary>
    public byte[] Build()
    {
        var texts = _numbers.Keys.Select(text => (Text: text, Bytes: Encoding.UTF8.GetBytes(text))).ToArray();
        Array.Sort(texts, (left, right) => left.Bytes.AsSpan().SequenceCompareTo(right.Bytes));
        var offsets = new PackedWriter();
        var blocks = new PackedWriter();
        for (var i = 0; i < texts.Length; i++)
        {
            var bytes = texts[i].Bytes;
            if (bytes.Length > Limits.NameBytes)
            {
                throw new InvalidDataException($"The name {texts[i].Text[..80]}... is longer than {Limits.NameBytes} bytes.");
            }

            _numbers[texts[i].Text] = i;
            if (i % StringPool.BlockSize == 0)
            {
                offsets.UInt32((uint)blocks.Length);
                blocks.Count(bytes.Length).Bytes(bytes);
            }
            else
            {
                var shared = bytes.AsSpan().CommonPrefixLength(texts[i - 1].Bytes);
                blocks.Count(shared).Count(bytes.Length - shared).Bytes(bytes.AsSpan(shared));
            }
        }

        return new PackedWriter().UInt32((uint)texts.Length).Bytes(offsets.ToArray()).Bytes(blocks.ToArray()).ToArray();
    }
}
