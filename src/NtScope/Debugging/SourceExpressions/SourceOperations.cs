using System.Buffers.Binary;
using NtScope.Symbols.Types;

namespace NtScope.Debugging.SourceExpressions;

/// <summary>What operators and members give.</summary>
/// <param name="session">Memory and layouts.</param>
internal sealed class SourceOperations(DebuggerSession session)
{
    /// <summary>How many operands around the current one do not count: nothing is read for it, and nothing it asks for can fail.</summary>
    public int Skipped { get; set; }

    /// <summary>An operator with one operand.</summary>
    /// <param name="operation">The operator.</param>
    /// <param name="operand">The operand.</param>
    /// <param name="rest">What follows, for errors.</param>
    public static SourceValue Apply(string operation, SourceValue operand, string rest)
    {
        if (operation == "!")
        {
            return SourceValue.Of(!operand.IsTrue);
        }

        if (SourceTypes.IsReal(operand.Type) && operation != "~")
        {
            return SourceValue.OfReal(operand.Type, operation == "-" ? -operand.Real : operand.Real);
        }

        if (!SourceTypes.IsInteger(operand.Type))
        {
            throw Conflict(rest);
        }

        var type = SourceTypes.Promoted(operand.Type);
        var bits = operand.As(type).Bits;
        return new SourceValue(type, SourceValue.Extend(type, operation switch { "-" => unchecked(0 - bits), "~" => ~bits, _ => bits }));
    }

    /// <summary>An operator with two operands.</summary>
    /// <param name="operation">The operator.</param>
    /// <param name="left">The left operand.</param>
    /// <param name="right">The right operand.</param>
    /// <param name="rest">What follows, for errors.</param>
    public SourceValue Apply(string operation, SourceValue left, SourceValue right, string rest)
    {
        if (operation is "&&" or "||")
        {
            return SourceValue.Of(operation == "&&" ? left.IsTrue && right.IsTrue : left.IsTrue || right.IsTrue);
        }

        (left, right) = (Decay(left), Decay(right));
        if (left.Type.Kind == TypeKind.Pointer || right.Type.Kind == TypeKind.Pointer)
        {
            return ApplyPointers(operation, left, right, rest);
        }

        if (left.IsAggregate || right.IsAggregate)
        {
            throw Conflict(rest);
        }

        var type = operation is "<<" or ">>" ? SourceTypes.Promoted(left.Type) : SourceTypes.Common(left.Type, right.Type);
        return SourceTypes.IsReal(type) ? ApplyReals(operation, type, left.As(SourceTypes.Double).Real, right.As(SourceTypes.Double).Real, rest)
            : ApplyIntegers(operation, type, left.As(type).Bits, operation is "<<" or ">>" ? right.Bits : right.As(type).Bits, rest);
    }

    /// <summary>What a pointer or an array leads to, <paramref name="index"/> elements on.</summary>
    public SourceValue Pointed(SourceValue value, long index, string rest)
    {
        value = Decay(value);
        if (value.Type is not { Kind: TypeKind.Pointer, Element: { } element } || element.Kind == TypeKind.Function || element.Name == "void")
        {
            throw new DebuggerException($"Operand error at '{rest}'");
        }

        return At(element, new VirtualAddress(unchecked(value.Bits + (ulong)(index * element.Size))), rest);
    }

    /// <summary>The structure that a pointer leads to.</summary>
    public SourceValue Target(SourceValue value, string member)
    {
        value = Decay(value);
        if (value.Type is not { Kind: TypeKind.Pointer, Element: { Kind: TypeKind.Structure or TypeKind.Union } element })
        {
            throw new DebuggerException($"Pointer to a structure needed error at '{member}'");
        }

        return new SourceValue(element, 0, new VirtualAddress(value.Bits));
    }

    /// <summary>A member of a structure.</summary>
    public SourceValue Member(SourceValue value, string name)
    {
        if (value.Type.Kind is not (TypeKind.Structure or TypeKind.Union) || value.Address is not { } start
            || session.Types.Source?.TryGetStructure(value.Type.Name, out var layout) != true || !layout!.TryGetField(name, out var field))
        {
            throw new DebuggerException($"Type does not have given member error at '{name}'");
        }

        var member = At(field.Type, start + field.Offset, name);
        return field.BitLength == 0 ? member : new SourceValue(field.Type, (member.Bits >> field.BitPosition) & (ulong.MaxValue >> (64 - field.BitLength)));
    }

    /// <summary>A value as another type.</summary>
    public SourceValue Cast(SourceValue value, TypeReference type, string rest)
    {
        value = Decay(value);
        if (type.Kind is TypeKind.Structure or TypeKind.Union or TypeKind.Array || type.Name == "void" || value.IsAggregate)
        {
            throw Conflict(rest);
        }

        return value.As(type);
    }

    // An array stands for a pointer to its first element.
    private SourceValue Decay(SourceValue value) => value.Type.Kind == TypeKind.Array
        ? new SourceValue(TypeReference.PointerTo(value.Type.Element!, (uint)session.PointerSize), value.Address!.Value.Value)
        : value;

    private SourceValue At(TypeReference type, VirtualAddress address, string rest)
    {
        if (type.Kind is TypeKind.Structure or TypeKind.Union or TypeKind.Array)
        {
            return new SourceValue(type, 0, address);
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        if (type.Size is 0 or > sizeof(ulong) || !session.Memory.TryRead(address, bytes[..(int)type.Size], out _))
        {
            return Skipped > 0 ? new SourceValue(type, 0, address) : throw new DebuggerException($"Memory access error at '{rest}'");
        }

        var raw = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return type.Name switch
        {
            "float" => SourceValue.OfReal(type, BitConverter.UInt32BitsToSingle((uint)raw)) with { Address = address },
            "double" => new SourceValue(type, raw, address),
            _ => new SourceValue(type, SourceValue.Extend(type, raw), address),
        };
    }

    private static SourceValue ApplyPointers(string operation, SourceValue left, SourceValue right, string rest)
    {
        switch (operation)
        {
            case "==" or "!=" or "<" or ">" or "<=" or ">=":
                return SourceValue.Of(Compare(operation, left.Bits.CompareTo(right.Bits)));
            case "-" when left.Type.Kind == TypeKind.Pointer && right.Type.Kind == TypeKind.Pointer && left.Type.Element!.Size > 0:
                return new SourceValue(SourceTypes.Wide, unchecked((ulong)((long)(left.Bits - right.Bits) / left.Type.Element.Size)));
            case "+" or "-" when left.Type.Kind == TypeKind.Pointer && SourceTypes.IsInteger(right.Type):
                var distance = right.As(SourceTypes.Wide).Bits * Math.Max(left.Type.Element!.Size, 1);
                return left with { Bits = operation == "+" ? left.Bits + distance : left.Bits - distance, Address = null };
            case "+" when SourceTypes.IsInteger(left.Type):
                return ApplyPointers(operation, right, left, rest);
            default:
                throw Conflict(rest);
        }
    }

    private SourceValue ApplyReals(string operation, TypeReference type, double left, double right, string rest) => operation switch
    {
        "+" => SourceValue.OfReal(type, left + right),
        "-" => SourceValue.OfReal(type, left - right),
        "*" => SourceValue.OfReal(type, left * right),
        "/" when right != 0 || Skipped > 0 => SourceValue.OfReal(type, left / right),
        "==" or "!=" or "<" or ">" or "<=" or ">=" => SourceValue.Of(Compare(operation, left.CompareTo(right))),
        _ => throw new DebuggerException($"Operand error at '{rest}'"),
    };

    private SourceValue ApplyIntegers(string operation, TypeReference type, ulong left, ulong right, string rest)
    {
        var isSigned = SourceTypes.IsSigned(type);
        if (operation is "==" or "!=" or "<" or ">" or "<=" or ">=")
        {
            return SourceValue.Of(Compare(operation, isSigned ? ((long)left).CompareTo((long)right) : left.CompareTo(right)));
        }

        if (operation is "/" or "%" && right == 0)
        {
            return Skipped > 0 ? new SourceValue(type, 0) : throw new DebuggerException($"Operand error at '{rest}'");
        }

        var width = type.Size * 8UL;
        if (operation is "<<" or ">>" && right >= width)
        {
            return new SourceValue(type, operation == ">>" && isSigned && (long)left < 0 ? SourceValue.Extend(type, ulong.MaxValue) : 0);
        }

        var shift = (int)(right & 63);
        var bits = operation switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" or "%" => Divide(operation, left, right, isSigned),
            "<<" => left << shift,
            ">>" => isSigned ? unchecked((ulong)((long)left >> shift)) : left >> shift,
            "&" => left & right,
            "|" => left | right,
            _ => left ^ right,
        };
        return new SourceValue(type, SourceValue.Extend(type, bits));
    }

    private static ulong Divide(string operation, ulong left, ulong right, bool isSigned)
    {
        if (!isSigned)
        {
            return operation == "/" ? left / right : left % right;
        }

        // The only quotient that does not fit; the processor would trap.
        if (right == ulong.MaxValue)
        {
            return operation == "/" ? unchecked(0 - left) : 0;
        }

        return unchecked((ulong)(operation == "/" ? (long)left / (long)right : (long)left % (long)right));
    }

    private static bool Compare(string operation, int order) => operation switch
    {
        "==" => order == 0,
        "!=" => order != 0,
        "<" => order < 0,
        ">" => order > 0,
        "<=" => order <= 0,
        _ => order >= 0,
    };

    private static DebuggerException Conflict(string rest) => new($"Type conflict error at '{rest}'");
}
