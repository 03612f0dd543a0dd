using System.Globalization;
using NtScope.Kernel;

namespace NtScope.Debugging.Extensions;

/// <summary>Values as the debugger's extension commands write them: pointers without a backtick, and what is missing said to be so.</summary>
/// <param name="context">The kernel whose layouts the values come from.</param>
internal readonly struct ExtensionText(KernelContext context)
{
    /// <summary>What stands for a value that memory does not give.</summary>
    public const string Unreadable = "<unreadable>";

    /// <summary>What stands for a value whose place is not known.</summary>
    public const string Unknown = "<not in the layouts>";

    /// <summary>A pointer with all its digits; zero has eight.</summary>
    public string Pointer(VirtualAddress address) =>
        address.IsZero ? "00000000" : address.Value.ToString(context.PointerSize == sizeof(uint) ? "x8" : "x16", CultureInfo.InvariantCulture);

    /// <summary>A pointer field with all its digits.</summary>
    public string Pointer(in StructureView view, params ReadOnlySpan<string> paths) => view.Pointer(paths) is { } value ? Pointer(value) : Missing(view, paths);

    /// <summary>A pointer field with all its digits, zero too.</summary>
    public string WidePointer(in StructureView view, params ReadOnlySpan<string> paths) =>
        view.Pointer(paths) is { } value ? value.Value.ToString(context.PointerSize == sizeof(uint) ? "x8" : "x16", CultureInfo.InvariantCulture) : Missing(view, paths);

    /// <summary>A pointer field with a count in its low bits.</summary>
    public string FastReference(in StructureView view, params ReadOnlySpan<string> paths) => view.FastReference(paths) is { } value ? Pointer(value) : Missing(view, paths);

    /// <summary>A field as a decimal number.</summary>
    public string Decimal(in StructureView view, params ReadOnlySpan<string> paths) =>
        view.Number(paths) is { } value ? value.ToString(CultureInfo.InvariantCulture) : Missing(view, paths);

    /// <summary>A field as a hexadecimal number of at least <paramref name="digits"/> digits.</summary>
    public string Hexadecimal(in StructureView view, int digits, params ReadOnlySpan<string> paths) =>
        view.Number(paths) is { } value ? value.ToString("x" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : Missing(view, paths);

    /// <summary>A field in units of clock ticks as hours, minutes, seconds.</summary>
    public string Ticks(in StructureView view, params ReadOnlySpan<string> paths) => view.Number(paths) is { } ticks
        ? ticks == 0 ? Duration(0) : Tick is { } length ? Duration((uint)ticks * (ulong)length) : $"{ticks} ticks"
        : Missing(view, paths);

    /// <summary>A time in units of 100 ns as hours, minutes, seconds, with days if there are any.</summary>
    public static string Duration(ulong units)
    {
        var span = TimeSpan.FromTicks((long)Math.Min(units, long.MaxValue));
        var time = string.Create(CultureInfo.InvariantCulture, $"{span.Hours:00}:{span.Minutes:00}:{span.Seconds:00}.{span.Milliseconds:000}");
        return span.Days == 0 ? time : string.Create(CultureInfo.InvariantCulture, $"{span.Days} Days {time}");
    }

    /// <summary>Why a field has no value.</summary>
    public string Missing(in StructureView view, params ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
        {
            if (context.Has(view.Structure, path)) return Unreadable;
        }

        return Unknown;
    }

    /// <summary>The name of an enumeration's constant in the target's own layouts; its number if it has none.</summary>
    public string Constant(string enumeration, ulong value)
    {
        if (context.Types.TryGetEnumeration(enumeration, out var layout))
        {
            foreach (var (name, number) in layout.Constants)
            {
                if (number == (long)value) return name;
            }
        }

        return value.ToString(CultureInfo.InvariantCulture);
    }

    // The length of a clock tick in units of 100 ns.
    private ulong? Tick => context.Find("KeMaximumIncrement") is { } place && context.Memory.TryReadUInt32(place, out var length, out _) && length > 0 ? length : null;
}
