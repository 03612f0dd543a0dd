using System.Globalization;
using System.Text;
using NtScope.Debugging.Types;
using NtScope.Symbols.Types;

namespace NtScope.Debugging.Commands;

/// <summary><c>dt</c>: structures, unions and enumerations, and the values of one in memory.</summary>
public sealed class DisplayTypeCommand : IDebuggerCommand
{
    private const int DefaultDepth = 2;
    private const int DefaultElements = 5;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["dt"];

    /// <inheritdoc/>
    public string Usage => "dt [-r[n]] [-a[n]] [-b] [-v] [-i] [-o] [module!]type [[-y] field ...] [address] [-l field]";

    /// <inheritdoc/>
    public string Help =>
        "Shows the layout of a type, or the values of one at an address. Fields choose what is shown: * and ? match, a dot goes into inner structures, "
        + "-y takes the start of a name. -r opens inner structures and pointers (two levels, or n), -b all inner structures, -v adds sizes, "
        + "-a shows n structures (or five) one behind the other, up to one that cannot be read, -l follows a list by its link field. A type with * lists the types that match.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var options = new TypeDisplayOptions();
        string? name = null;
        string? link = null;
        VirtualAddress? address = null;
        var filters = new List<string>();
        while (!arguments.AtEnd)
        {
            if (arguments.TakeOption() is { } option)
            {
                if (option == "-l") link = arguments.TakeWord();
                else options = Apply(options, option);
                if (option == "-y" && name is not null) filters.Add(arguments.TakeWord());
            }
            else if (name is null)
            {
                name = arguments.TakeWord();
            }
            else if (IsAddress(session, name, arguments))
            {
                address = new VirtualAddress(session.Evaluator.Evaluate(arguments.TakeWord()));
            }
            else
            {
                filters.Add(arguments.TakeWord());
            }
        }

        return name is null ? TextResult.None : Show(session, name, address is { IsZero: true } ? null : address, link, options with { Filters = filters });
    }

    private static TypeDisplayOptions Apply(TypeDisplayOptions options, string option) => option switch
    {
        "-b" => options with { IsBlock = true },
        "-v" => options with { IsVerbose = true },
        "-i" => options with { IsFlat = true },
        "-o" => options with { HidesOffsets = true },
        "-y" => options with { MatchesPrefix = true },
        "-n" or "-p" or "-t" => options,
        _ when option.StartsWith("-a", StringComparison.Ordinal) =>
            options with { Elements = int.TryParse(option.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? Math.Clamp(count, 1, Limits.DisplayedStructures) : DefaultElements },
        _ when option.StartsWith("-r", StringComparison.Ordinal) =>
            options with { Depth = int.TryParse(option.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var depth) ? depth : DefaultDepth },
        _ => throw new DebuggerException($"Unknown option '{option}'"),
    };

    // A word is a field if the type has one of this name; else it is an address.
    private static bool IsAddress(DebuggerSession session, string name, CommandArguments arguments)
    {
        var position = arguments.Position;
        var word = arguments.TakeWord();
        arguments.Position = position;
        if (word.AsSpan().ContainsAny("*?.") && !word.Contains('`', StringComparison.Ordinal))
        {
            return false;
        }

        if (session.Types.TryGetStructure(name, out var layout) && layout.Fields.Any(field => field.Name.StartsWith(word, StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }

        return word.Length > 0 && (char.IsAsciiHexDigit(word[0]) || word[0] is '@' or '$' or '(' or '-' || word.Contains('!', StringComparison.Ordinal));
    }

    private static ICommandResult Show(DebuggerSession session, string name, VirtualAddress? address, string? link, TypeDisplayOptions options)
    {
        if (name.AsSpan().ContainsAny("*?"))
        {
            return new TypeListing(session.Types.ImageName, session.Types.Match(name));
        }

        var heading = name.Contains('!', StringComparison.Ordinal) ? "" : session.Types.ModuleName + "!";
        if (session.Types.TryGetEnumeration(name, out var enumeration))
        {
            if (address is { } place) return new TextResult(ValueAt(session, enumeration, place));
            return new TextResult(Constants(enumeration, heading));
        }

        if (!session.Types.TryGetStructure(name, out var layout))
        {
            throw new DebuggerException(session.Types.Source is null
                ? $"Symbol {name} not found.\nThe target has no structure layouts: --symbols gives places to look for them."
                : $"Symbol {name} not found.");
        }

        if (link is not null)
        {
            return new LinkedList(session, layout, address ?? throw new DebuggerException("-l needs the address of the first element"), link, options);
        }

        if (options.Elements > 0 && address is { } first)
        {
            return new StructureArray(session, layout, first, options);
        }

        var display = new TypeDisplay(session, layout, address, options);
        return heading.Length == 0 ? display : new HeadedResult(heading + layout.Name + "\n", display);
    }

    private static string ValueAt(DebuggerSession session, EnumerationLayout enumeration, VirtualAddress address)
    {
        var field = new FieldLayout(string.Empty, 0, new TypeReference(TypeKind.Enumeration, enumeration.Name, enumeration.Size));
        return new ValueText(session, isBlock: false).Of(field, address, 0) is { } value
            ? value + "\n"
            : string.Create(CultureInfo.InvariantCulture, $"??\nMemory read error {address.Value:x16}\n");
    }

    private static string Constants(EnumerationLayout enumeration, string heading)
    {
        var text = new StringBuilder(heading.Length == 0 ? "" : $"{heading}{enumeration.Name}\n");
        foreach (var (constant, value) in enumeration.Constants)
        {
            text.Append(CultureInfo.InvariantCulture, $"   {constant} = 0n{value}\n");
        }

        return text.ToString();
    }
}
