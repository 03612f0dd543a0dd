using System.Globalization;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>Modules as <c>lm</c> shows them.</summary>
/// <param name="modules">The modules, ascending by base.</param>
/// <param name="pointerSize">The size of a pointer on the target, in bytes.</param>
/// <param name="verbose">Whether to add what the images say of themselves.</param>
public sealed class ModuleListing(IReadOnlyList<Module> modules, int pointerSize, bool verbose) : ICommandResult
{
    private const int StatusColumn = 23;

    /// <summary>The modules, ascending by base.</summary>
    public IReadOnlyList<Module> Modules { get; } = modules;

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<LoadedModuleRow>([.. Modules.Select(module => new LoadedModuleRow(module))]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        writer.Write(pointerSize == sizeof(uint) ? "start    end        module name\n" : "start             end                 module name\n");
        foreach (var module in Modules)
        {
            if (cancellation.IsCancellationRequested)
            {
                return;
            }

            var start = module.Base!.Value;
            var (status, file) = SymbolStatus(module);
            writer.Write($"{Hexadecimal.Address(start.Value, pointerSize)} {Hexadecimal.Address((start + module.Size).Value, pointerSize)}   "
                + $"{module.Name,-10} {status.PadRight(StatusColumn)}{file}\n");
            if (verbose)
            {
                WriteDetails(writer, module);
            }
        }
    }

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
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"    Timestamp:        {image.TimeDateStamp:X8}\n    CheckSum:         {image.CheckSum:X8}\n"));
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
