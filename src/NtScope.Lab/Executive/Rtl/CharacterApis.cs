using System.Runtime.InteropServices;
using System.Text;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Debugging;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Rtl;

/// <summary>The C library's string routines that the kernel exports.</summary>
internal sealed class CharacterApis(LabKernel kernel) : IApiFamily
{
    private const ulong InvalidArgument = 22;
    private const ulong OutOfRange = 34;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Add("wcslen", Irql.High, (in ApiCall call) => (ulong)_memory.LengthOfString(call[0]));
        table.Add("wcsnlen", Irql.High, (in ApiCall call) => (ulong)_memory.LengthOfString(call[0], (int)Math.Min(call[1], int.MaxValue)));
        table.Add("strlen", Irql.High, (in ApiCall call) => (ulong)_memory.LengthOfAnsiString(call[0]));
        table.Add("strnlen", Irql.High, (in ApiCall call) => (ulong)_memory.LengthOfAnsiString(call[0], (int)Math.Min(call[1], int.MaxValue)));
        table.Add("wcscmp", Irql.High, (in ApiCall call) => CompareWide(call, int.MaxValue, StringComparison.Ordinal));
        table.Add("_wcsicmp", Irql.High, (in ApiCall call) => CompareWide(call, int.MaxValue, StringComparison.OrdinalIgnoreCase));
        table.Add("wcsncmp", Irql.High, (in ApiCall call) => CompareWide(call, (int)Math.Min(call[2], int.MaxValue), StringComparison.Ordinal));
        table.Add("_wcsnicmp", Irql.High, (in ApiCall call) => CompareWide(call, (int)Math.Min(call[2], int.MaxValue), StringComparison.OrdinalIgnoreCase));
        table.Add("strcmp", Irql.High, (in ApiCall call) => CompareNarrow(call, int.MaxValue, StringComparison.Ordinal));
        table.Add("_stricmp", Irql.High, (in ApiCall call) => CompareNarrow(call, int.MaxValue, StringComparison.OrdinalIgnoreCase));
        table.Add("strncmp", Irql.High, (in ApiCall call) => CompareNarrow(call, (int)Math.Min(call[2], int.MaxValue), StringComparison.Ordinal));
        table.Add("_strnicmp", Irql.High, (in ApiCall call) => CompareNarrow(call, (int)Math.Min(call[2], int.MaxValue), StringComparison.OrdinalIgnoreCase));
        table.Add("wcschr", Irql.High, (in ApiCall call) => FindWide(call, last: false));
        table.Add("wcsrchr", Irql.High, (in ApiCall call) => FindWide(call, last: true));
        table.Add("wcsstr", Irql.High, FindText);
        table.Add("strchr", Irql.High, FindNarrow);
        table.Add("strstr", Irql.High, FindNarrowText);
        table.Add("wcscpy_s", Irql.High, (in ApiCall call) => Store(call[0], call[1], string.Empty, _memory.ReadString(call[2])));
        table.Add("wcscat_s", Irql.High, (in ApiCall call) => Store(call[0], call[1], _memory.ReadString(call[0]), _memory.ReadString(call[2])));
        table.Add("wcsncpy_s", Irql.High, (in ApiCall call) => StoreCounted(call[0], call[1], _memory.ReadString(call[2], (int)Math.Min(call[3], GuestText.MaximumCharacters)), call[3]));
        table.Add("wcscpy", Irql.High, (in ApiCall call) => StoreUnbounded(call[0], 0, _memory.ReadString(call[1])));
        table.Add("wcscat", Irql.High, (in ApiCall call) => StoreUnbounded(call[0], (ulong)_memory.ReadString(call[0]).Length * 2, _memory.ReadString(call[1])));
        table.Add("strcpy_s", Irql.High, StoreNarrow);
        table.Add("towupper", Irql.High, (in ApiCall call) => char.ToUpperInvariant((char)call.UInt16(0)));
        table.Alias("towupper", "toupper");
        table.Add("towlower", Irql.High, (in ApiCall call) => char.ToLowerInvariant((char)call.UInt16(0)));
        table.Alias("towlower", "tolower");
        table.Add("swprintf_s", Irql.High, (in ApiCall call) => Print(call[0], call[1], _memory.ReadString(call[2]), Variable(call, 3), wide: true, PrintRule.Strict));
        table.Add("_snwprintf_s", Irql.High, (in ApiCall call) => Print(call[0], call[1], _memory.ReadString(call[3]), Variable(call, 4), wide: true, PrintRule.Counted, call[2]));
        table.Add("_snwprintf", Irql.High, (in ApiCall call) => Print(call[0], call[1], _memory.ReadString(call[2]), Variable(call, 3), wide: true, PrintRule.Unterminated));
        table.Add("_vsnwprintf", Irql.High, (in ApiCall call) => Print(call[0], call[1], _memory.ReadString(call[2]), List(call[3]), wide: true, PrintRule.Unterminated));
        table.Add("sprintf_s", Irql.High, (in ApiCall call) => Print(call[0], call[1], _memory.ReadAnsiString(call[2]), Variable(call, 3), wide: false, PrintRule.Strict));
        table.Add("_snprintf", Irql.High, (in ApiCall call) => Print(call[0], call[1], _memory.ReadAnsiString(call[2]), Variable(call, 3), wide: false, PrintRule.Unterminated));
        table.Add("_vsnprintf", Irql.High, (in ApiCall call) => Print(call[0], call[1], _memory.ReadAnsiString(call[2]), List(call[3]), wide: false, PrintRule.Unterminated));
    }

    private static ulong Sign(int value) => (uint)Math.Sign(value);

    private static string Cut(string text, int count) => text.Length > count ? text[..count] : text;

    private ulong CompareWide(in ApiCall call, int count, StringComparison comparison) =>
        Sign(string.Compare(Cut(_memory.ReadString(call[0]), count), Cut(_memory.ReadString(call[1]), count), comparison));

    private ulong CompareNarrow(in ApiCall call, int count, StringComparison comparison) =>
        Sign(string.Compare(Cut(_memory.ReadAnsiString(call[0]), count), Cut(_memory.ReadAnsiString(call[1]), count), comparison));

    private ulong FindWide(in ApiCall call, bool last)
    {
        var text = _memory.ReadString(call[0]);
        var character = (char)call.UInt16(1);
        var index = character == 0 ? text.Length : last ? text.LastIndexOf(character) : text.IndexOf(character, StringComparison.Ordinal);
        return index < 0 ? 0 : call[0] + ((ulong)index * 2);
    }

    private ulong FindText(in ApiCall call)
    {
        var index = IndexOf(_memory.ReadString(call[0]), _memory.ReadString(call[1]));
        return index < 0 ? 0 : call[0] + ((ulong)index * 2);
    }

    private ulong FindNarrow(in ApiCall call)
    {
        var text = _memory.ReadAnsiString(call[0]);
        var character = (char)call.Byte(1);
        var index = character == 0 ? text.Length : text.IndexOf(character, StringComparison.Ordinal);
        return index < 0 ? 0 : call[0] + (ulong)index;
    }

    private ulong FindNarrowText(in ApiCall call)
    {
        var index = IndexOf(_memory.ReadAnsiString(call[0]), _memory.ReadAnsiString(call[1]));
        return index < 0 ? 0 : call[0] + (ulong)index;
    }

    private int IndexOf(string text, string part)
    {
        kernel.Verifier.ChargeComparisons(text.Length, part.Length);
        return text.IndexOf(part, StringComparison.Ordinal);
    }

    private ulong Store(ulong target, ulong capacity, string before, string text)
    {
        var result = before + text;
        if (target == 0 || capacity == 0)
        {
            return InvalidArgument;
        }

        if ((ulong)result.Length >= capacity)
        {
            _memory.WriteUInt16(target, 0);
            return OutOfRange;
        }

        kernel.Verifier.CheckRange(target, ((ulong)result.Length + 1) * 2, isWrite: true);
        _memory.WriteString(target, result);
        return 0;
    }

    private ulong StoreCounted(ulong target, ulong capacity, string text, ulong count)
    {
        const ulong Truncate = ulong.MaxValue;
        return Store(target, capacity, string.Empty, count == Truncate && (ulong)text.Length >= capacity && capacity > 0 ? text[..(int)(capacity - 1)] : text);
    }

    private ulong StoreUnbounded(ulong target, ulong offset, string text)
    {
        kernel.Verifier.CheckRange(target + offset, ((ulong)text.Length + 1) * 2, isWrite: true);
        _memory.WriteString(target + offset, text);
        return target;
    }

    private ulong StoreNarrow(in ApiCall call)
    {
        if (call[0] == 0 || call[1] == 0)
        {
            return InvalidArgument;
        }

        var text = _memory.ReadAnsiString(call[2]);
        var fits = (ulong)text.Length < call[1];
        Write(call[0], (fits ? text : string.Empty) + '\0', wide: false);
        return fits ? 0 : OutOfRange;
    }

    private Func<ulong> Variable(in ApiCall call, int first)
    {
        var (index, stack, last) = (first, call.StackAddress(0), call[3]);
        return () =>
        {
            var current = index++;
            return current == 3 ? last : _memory.ReadUInt64(stack + ((ulong)current * 8));
        };
    }

    private Func<ulong> List(ulong list) => () =>
    {
        var value = _memory.ReadUInt64(list);
        list += 8;
        return value;
    };

    private ulong Print(ulong target, ulong capacity, string format, Func<ulong> arguments, bool wide, PrintRule rule, ulong maximum = ulong.MaxValue)
    {
        const ulong Failed = uint.MaxValue;
        var text = PrintFormatter.Format(_memory, format, arguments, wide);
        kernel.Verifier.ChargeText(text.Length);
        var length = (ulong)text.Length;
        if (capacity == 0)
        {
            return Failed;
        }

        if (rule == PrintRule.Unterminated)
        {
            var written = length < capacity ? text + '\0' : text[..(int)capacity];
            Write(target, written, wide);
            return length <= capacity ? length : Failed;
        }

        // A count of -1 (_TRUNCATE) cuts off what does not fit; any other may be more than the text and must not be more than the buffer.
        var kept = Math.Min(length, maximum);
        if (kept >= capacity)
        {
            kept = rule == PrintRule.Counted && maximum == ulong.MaxValue ? capacity - 1 : 0;
        }

        Write(target, text[..(int)kept] + '\0', wide);
        return kept == length ? length : Failed;
    }

    private void Write(ulong target, string text, bool wide)
    {
        kernel.Verifier.CheckRange(target, (ulong)text.Length * (wide ? 2UL : 1), isWrite: true);
        _memory.Write(target, wide ? MemoryMarshal.AsBytes(text.AsSpan()) : Encoding.Latin1.GetBytes(text));
    }
}
