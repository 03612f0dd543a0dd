using System.Globalization;
using System.Runtime.InteropServices;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Executive.Rtl;

/// <summary>UNICODE_STRING and ANSI_STRING routines.</summary>
internal sealed class UnicodeStringApis(LabKernel kernel) : IApiFamily
{
    private readonly GuestMemory _memory = kernel.Memory;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Void("RtlInitUnicodeString", Irql.Dispatch, (in ApiCall call) => Initialize(call[0], call[1]));
        table.Status("RtlInitUnicodeStringEx", Irql.Dispatch, (in ApiCall call) =>
        {
            Initialize(call[0], call[1]);
            return NtStatus.Success;
        });
        table.Void("RtlInitAnsiString", Irql.Dispatch, InitializeAnsi);
        table.Alias("RtlInitAnsiString", "RtlInitString");
        table.Void("RtlCopyUnicodeString", Irql.Dispatch, Copy);
        table.Status("RtlAppendUnicodeToString", Irql.Dispatch, (in ApiCall call) => Append(call[0], call[1] == 0 ? string.Empty : _memory.ReadString(call[1])));
        table.Status("RtlAppendUnicodeStringToString", Irql.Dispatch, (in ApiCall call) => Append(call[0], call.UnicodeString(1)));
        table.Add("RtlCompareUnicodeString", Irql.Passive, (in ApiCall call) => (uint)Compare(call.UnicodeString(0), call.UnicodeString(1), call.Flag(2)));
        table.Add("RtlEqualUnicodeString", Irql.Passive, (in ApiCall call) => Compare(call.UnicodeString(0), call.UnicodeString(1), call.Flag(2)) == 0 ? 1UL : 0);
        table.Add("RtlPrefixUnicodeString", Irql.Passive, IsPrefix);
        table.Add("RtlSuffixUnicodeString", Irql.Passive, IsSuffix);
        table.Add("RtlUpcaseUnicodeChar", Irql.Passive, (in ApiCall call) => char.ToUpperInvariant((char)call.UInt16(0)));
        table.Add("RtlDowncaseUnicodeChar", Irql.Passive, (in ApiCall call) => char.ToLowerInvariant((char)call.UInt16(0)));
        table.Status("RtlUpcaseUnicodeString", Irql.Passive, (in ApiCall call) => Transform(call, text => text.ToUpperInvariant()));
        table.Status("RtlDowncaseUnicodeString", Irql.Passive, (in ApiCall call) => Transform(call, text => text.ToLowerInvariant()));
        table.Status("RtlDuplicateUnicodeString", Irql.Passive, Duplicate);
        table.Void("RtlFreeUnicodeString", Irql.Passive, Free);
        table.Alias("RtlFreeUnicodeString", "RtlFreeAnsiString");
        table.Status("RtlUnicodeStringToAnsiString", Irql.Passive, ToAnsi);
        table.Status("RtlAnsiStringToUnicodeString", Irql.Passive, FromAnsi);
        table.Status("RtlIntegerToUnicodeString", Irql.Passive, FromInteger);
        table.Status("RtlUnicodeStringToInteger", Irql.Passive, ToInteger);
        table.Status("RtlStringFromGUID", Irql.Passive, FromGuid);
        table.Status("RtlGUIDFromString", Irql.Passive, ToGuid);
        table.Add("FsRtlIsNameInExpression", Irql.Passive, IsNameInExpression);
        table.Add("FsRtlDoesNameContainWildCards", Irql.Passive, (in ApiCall call) => call.UnicodeString(0).AsSpan().ContainsAny("*?<>\"") ? 1UL : 0);
    }

    private ulong IsNameInExpression(in ApiCall call)
    {
        var (expression, name) = (call.UnicodeString(0), call.UnicodeString(1));
        kernel.Verifier.ChargeComparisons(expression.Length, name.Length);
        return WildcardMatch.IsMatch(expression, name, call.Flag(2)) ? 1UL : 0;
    }

    private void Initialize(ulong target, ulong source)
    {
        var length = source == 0 ? 0 : Math.Min(_memory.ReadString(source).Length * 2, 0xFFFC);
        _memory.WriteUnicodeString(target, source, length, source == 0 ? 0 : length + 2);
    }

    private void InitializeAnsi(in ApiCall call)
    {
        var length = call[1] == 0 ? 0 : _memory.ReadAnsiString(call[1]).Length;
        _memory.WriteUnicodeString(call[0], call[1], length, call[1] == 0 ? 0 : length + 1);
    }

    private void Copy(in ApiCall call)
    {
        if (call[1] == 0)
        {
            _memory.WriteUInt16(call[0], 0);
            return;
        }

        var bytes = Math.Min(_memory.ReadUInt16(call[1]), _memory.ReadUInt16(call[0] + 2));
        var (source, target) = (_memory.ReadUInt64(call[1] + 8), _memory.ReadUInt64(call[0] + 8));
        kernel.Verifier.CheckRange(source, bytes, isWrite: false);
        kernel.Verifier.CheckRange(target, bytes, isWrite: true);
        _memory.Write(target, _memory.Span(source, bytes));
        _memory.WriteUInt16(call[0], bytes);
        if (bytes + 2 <= _memory.ReadUInt16(call[0] + 2))
        {
            _memory.WriteUInt16(target + bytes, 0);
        }
    }

    private NtStatus Append(ulong target, string text)
    {
        var (length, maximum) = (_memory.ReadUInt16(target), _memory.ReadUInt16(target + 2));
        if (length + (text.Length * 2) > maximum)
        {
            return NtStatus.BufferTooSmall;
        }

        var buffer = _memory.ReadUInt64(target + 8) + length;
        kernel.Verifier.CheckRange(buffer, (ulong)text.Length * 2, isWrite: true);
        _memory.Write(buffer, MemoryMarshal.AsBytes(text.AsSpan()));
        _memory.WriteUInt16(target, (ushort)(length + (text.Length * 2)));
        if (length + (text.Length * 2) + 2 <= maximum)
        {
            _memory.WriteUInt16(buffer + ((ulong)text.Length * 2), 0);
        }

        return NtStatus.Success;
    }

    // The difference of the first characters that differ, or of the lengths in bytes.
    private static int Compare(string left, string right, bool ignoreCase)
    {
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            var (first, second) = ignoreCase ? (char.ToUpperInvariant(left[i]), char.ToUpperInvariant(right[i])) : (left[i], right[i]);
            if (first != second)
            {
                return first - second;
            }
        }

        return (left.Length - right.Length) * 2;
    }

    private ulong IsPrefix(in ApiCall call) =>
        call.UnicodeString(1).StartsWith(call.UnicodeString(0), call.Flag(2) ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal) ? 1UL : 0;

    private ulong IsSuffix(in ApiCall call) =>
        call.UnicodeString(1).EndsWith(call.UnicodeString(0), call.Flag(2) ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal) ? 1UL : 0;

    private NtStatus Transform(in ApiCall call, Func<string, string> change) => Store(call, call[0], change(call.UnicodeString(1)), call.Flag(2), terminated: false);

    private NtStatus Store(in ApiCall call, ulong target, string text, bool allocate, bool terminated = true)
    {
        var bytes = (text.Length + (terminated ? 1 : 0)) * 2;
        if (allocate)
        {
            var buffer = kernel.Pool.AllocateForDriver((ulong)bytes, PoolManager.TagOf("Strg"), PoolKind.Paged, call.ReturnAddress);
            if (buffer == 0)
            {
                return NtStatus.NoMemory;
            }

            _memory.WriteUnicodeString(target, buffer, 0, bytes);
        }

        _memory.WriteUInt16(target, 0);
        return Append(target, text) == NtStatus.Success ? NtStatus.Success : NtStatus.BufferOverflow;
    }

    private NtStatus Duplicate(in ApiCall call)
    {
        const uint NullTerminate = 1;
        const uint AllocateNullString = 2;
        var flags = call.UInt32(0);
        if (flags is not (0 or NullTerminate or (NullTerminate | AllocateNullString)))
        {
            return NtStatus.InvalidParameter;
        }

        var text = call.UnicodeString(1);
        if (text.Length == 0 && (flags & AllocateNullString) == 0)
        {
            _memory.WriteUnicodeString(call[2], 0, 0, 0);
            return NtStatus.Success;
        }

        return Store(call, call[2], text, allocate: true, terminated: (flags & NullTerminate) != 0);
    }

    private void Free(in ApiCall call)
    {
        var buffer = _memory.ReadUInt64(call[0] + 8);
        if (buffer != 0)
        {
            kernel.Pool.Free(buffer);
        }

        _memory.WriteUnicodeString(call[0], 0, 0, 0);
    }

    private NtStatus ToAnsi(in ApiCall call)
    {
        var text = call.UnicodeString(1);
        if (call.Flag(2))
        {
            var buffer = kernel.Pool.AllocateForDriver((ulong)text.Length + 1, PoolManager.TagOf("Strg"), PoolKind.Paged, call.ReturnAddress);
            if (buffer == 0)
            {
                return NtStatus.NoMemory;
            }

            _memory.WriteUnicodeString(call[0], buffer, 0, text.Length + 1);
        }

        if (text.Length + 1 > _memory.ReadUInt16(call[0] + 2))
        {
            return NtStatus.BufferOverflow;
        }

        var target = _memory.ReadUInt64(call[0] + 8);
        for (var i = 0; i < text.Length; i++)
        {
            _memory.WriteByte(target + (ulong)i, text[i] < 256 ? (byte)text[i] : (byte)'?');
        }

        _memory.WriteByte(target + (ulong)text.Length, 0);
        _memory.WriteUInt16(call[0], (ushort)text.Length);
        return NtStatus.Success;
    }

    private NtStatus FromAnsi(in ApiCall call)
    {
        var bytes = _memory.Span(_memory.ReadUInt64(call[1] + 8), _memory.ReadUInt16(call[1]));
        var text = System.Text.Encoding.Latin1.GetString(bytes);
        return call.Flag(2) || text.Length * 2 < _memory.ReadUInt16(call[0] + 2) ? Store(call, call[0], text, call.Flag(2)) : NtStatus.BufferOverflow;
    }

    private NtStatus FromInteger(in ApiCall call)
    {
        var radix = call.UInt32(1) == 0 ? 10 : (int)call.UInt32(1);
        return radix is 2 or 8 or 10 or 16
            ? Store(call, call[2], radix == 10 ? call.UInt32(0).ToString(CultureInfo.InvariantCulture) : Convert.ToString((long)call.UInt32(0), radix).ToUpperInvariant(), allocate: false)
            : NtStatus.InvalidParameter;
    }

    private NtStatus ToInteger(in ApiCall call)
    {
        var text = call.UnicodeString(0).Trim();
        var negative = text.StartsWith('-');
        text = text.TrimStart('-', '+');
        var radix = (int)call.UInt32(1);
        if (radix == 0)
        {
            (radix, text) = text switch
            {
                ['0', 'x', ..] => (16, text[2..]),
                ['0', 'o', ..] => (8, text[2..]),
                ['0', 'b', ..] => (2, text[2..]),
                _ => (10, text),
            };
        }

        if (radix is not (2 or 8 or 10 or 16))
        {
            return NtStatus.InvalidParameter;
        }

        uint value = 0;
        foreach (var character in text)
        {
            var digit = char.IsAsciiHexDigit(character) ? Convert.ToInt32(character.ToString(), 16) : 99;
            if (digit >= radix)
            {
                break;
            }

            value = unchecked((value * (uint)radix) + (uint)digit);
        }

        _memory.WriteUInt32(call[2], negative ? unchecked((uint)-(int)value) : value);
        return NtStatus.Success;
    }

    private NtStatus FromGuid(in ApiCall call) =>
        Store(call, call[1], new Guid(_memory.Span(call[0], 16)).ToString("B", CultureInfo.InvariantCulture).ToUpperInvariant(), allocate: true);

    private NtStatus ToGuid(in ApiCall call)
    {
        if (!Guid.TryParseExact(call.UnicodeString(0), "B", out var guid))
        {
            return NtStatus.InvalidParameter;
        }

        _memory.Write(call[1], guid.ToByteArray());
        return NtStatus.Success;
    }
}
