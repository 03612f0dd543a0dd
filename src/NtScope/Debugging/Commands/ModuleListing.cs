using System.Globalization;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>Modules as <c>lm</c> shows them.</summary>
/// <param name="modules">The modules, ascending by base.</param>
/// <param name="pointerSize">The size of a pointer on the target, in bytes.</param>
/// <param name="shape">What is shown of each.</param>
/// <param name="remark">Lines above the list, ended.</param>
public sealed class ModuleListing(IReadOnlyList<Module> modules, int pointerSize, ModuleListingShape shape = ModuleListingShape.Short, string remark = "") : ICommandResult
{
    private const int StatusColumn = 23;
    private const int NameColumn = 8;
    private const int FileColumn = 12;

    /// <summary>The modules, ascending by base.</summary>
    public IReadOnlyList<Module> Modules { get; } = modules;

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<LoadedModuleRow>([.. Modules.Select(module => new LoadedModuleRow(module))]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        writer.Write(remark);
        if (shape != ModuleListingShape.Names)
        {
            writer.Write(pointerSize == sizeof(uint) ? "start    end        module name\n" : "start             end                 module name\n");
        }

        foreach (var module in Modules)
        {
            if (cancellation.IsCancellationRequested)
            {
                return;
            }

            var start = module.Base!.Value;
            var range = $"{Hexadecimal.Address(start.Value, pointerSize)} {Hexadecimal.Address((start + module.Size).Value, pointerSize)}   ";
            var (status, file) = SymbolStatus(module);
            writer.Write(shape switch
            {
                ModuleListingShape.Names => module.Name + "\n",
                ModuleListingShape.Files => $"{range}{module.Name.PadRight(NameColumn)} {FileName(module).PadRight(FileColumn)}\n",
                ModuleListingShape.Times => $"{range}{module.Name.PadRight(NameColumn)}  {Linked(module)}\n",
                _ => $"{range}{module.Name,-10} {status.PadRight(StatusColumn)}{file}\n",
            });
            if (shape == ModuleListingShape.Verbose)
            {
                WriteDetails(writer, module);
            }
        }
    }

    // The C library's way of writing a time.
    private static string Linked(Module module) => module.Image is { } image
        ? string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.FromUnixTimeSeconds(image.TimeDateStamp).UtcDateTime:ddd MMM} {DateTimeOffset.FromUnixTimeSeconds(image.TimeDateStamp).Day,2} {DateTimeOffset.FromUnixTimeSeconds(image.TimeDateStamp).UtcDateTime:HH:mm:ss yyyy} ({image.TimeDateStamp:X8})")
        : "unknown";

    private static (string Status, string File) SymbolStatus(Module module)
    {
        if (module.Symbols is not { Count: > 0 } symbols)
        {
            return ("(no symbols)", string.Empty);
        }

        return symbols.All().First().Source switch
        {
            NameSource.Export => ("(export symbols)", FileName(module)),
            NameSource.Symbol => ("(pdb symbols)", module.Pdb?.FileName ?? string.Empty),
            _ => ("(known build)", module.Pdb?.FileName ?? string.Empty),
        };
    }

    // Paths come from Windows and are read anywhere, so both separators count.
    private static string FileName(Module module) => module.Path[(module.Path.LastIndexOfAny(['\\', '/']) + 1)..];

    private static void WriteDetails(TextWriter writer, Module module)
    {
        writer.Write($"    Image path: {module.Path}\n    Image name: {FileName(module)}\n");
        if (module.Image is { } image)
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"    Timestamp:        {Linked(module)}\n    CheckSum:         {image.CheckSum:X8}\n"));
        }

        writer.Write(string.Create(CultureInfo.InvariantCulture, $"    ImageSize:        {module.Size:X8}\n"));
        if (module.Version is { } version)
        {
            writer.Write($"    File version:     {version}\n");
        }

        if (module.Pdb is { } pdb)
        {
            writer.Write($"    Symbols:          {pdb}\n");
        }
    }
}
