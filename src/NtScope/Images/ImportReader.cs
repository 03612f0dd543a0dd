namespace NtScope.Images;

/// <summary>Reads <c>IMAGE_IMPORT_DESCRIPTOR</c> and <c>IMAGE_DELAYLOAD_DESCRIPTOR</c>.</summary>
internal sealed class ImportReader
{
    private const uint ImportDescriptorSize = 20;
    private const uint DelayDescriptorSize = 32;

    private readonly PeImage _image;
    private readonly List<ImportedModule> _modules = [];
    private int _functionCount;

    private ImportReader(PeImage image) => _image = image;

    public static IReadOnlyList<ImportedModule> Read(PeImage image)
    {
        var reader = new ImportReader(image);
        reader.Collect(ImageDirectory.Import, "import directory", ImportDescriptorSize, reader.ReadImport);
        reader.Collect(ImageDirectory.DelayImport, "delay import directory", DelayDescriptorSize, reader.ReadDelayed);
        return reader._modules;
    }

    private void Collect(ImageDirectory directory, string structure, uint descriptorSize, Func<DirectoryReader, uint, ImportedModule?> read)
    {
        var entry = _image.Directory(directory);
        if (entry.IsEmpty)
        {
            return;
        }

        var reader = new DirectoryReader(_image, structure);
        var start = _modules.Count;
        try
        {
            for (var rva = entry.Rva; read(reader, rva) is { } module; rva = checked(rva + descriptorSize))
            {
                _modules.Add(module);
                if (_modules.Count - start >= Limits.ImportedModules)
                {
                    throw reader.Problem(rva, $"names more than {Limits.ImportedModules} modules");
                }
            }
        }
        catch (InputException problem)
        {
            _image.Report(problem);
        }
        catch (OverflowException)
        {
            _image.Report(reader.Problem(entry.Rva, "runs beyond 4 GB"));
        }
    }

    private ImportedModule? ReadImport(DirectoryReader reader, uint rva)
    {
        var lookup = reader.UInt32(rva);
        var name = reader.UInt32(rva + 12);
        var slots = reader.UInt32(rva + 16);
        if (name == 0 || slots == 0)
        {
            return null;
        }

        // Old linkers left the lookup table out; the address table then holds the names, unless it is already bound or loaded.
        var names = lookup != 0 ? lookup : slots;
        return new ImportedModule(reader.Text(name), IsDelayLoaded: false, ReadFunctions(reader, names, slots, pointerBase: 0));
    }

    private ImportedModule? ReadDelayed(DirectoryReader reader, uint rva)
    {
        var attributes = reader.UInt32(rva);
        var name = reader.UInt32(rva + 4);
        var slots = reader.UInt32(rva + 12);
        var names = reader.UInt32(rva + 16);
        if (name == 0 || slots == 0 || names == 0)
        {
            return null;
        }

        // Without bit 0 the fields are addresses (Visual C++ 6), which only 32-bit images can have.
        var pointerBase = (attributes & 1) == 0 ? (uint)_image.PreferredBase : 0;
        return new ImportedModule(
            reader.Text(unchecked(name - pointerBase)),
            IsDelayLoaded: true,
            ReadFunctions(reader, unchecked(names - pointerBase), unchecked(slots - pointerBase), pointerBase));
    }

    private List<ImportedFunction> ReadFunctions(DirectoryReader reader, uint names, uint slots, uint pointerBase)
    {
        var functions = new List<ImportedFunction>();
        var byOrdinal = _image.Is64Bit ? 1UL << 63 : 1UL << 31;
        var step = (uint)_image.PointerSize;
        try
        {
            for (uint i = 0; ; i++)
            {
                var value = reader.Pointer(checked(names + (i * step)));
                if (value == 0)
                {
                    return functions;
                }

                if (++_functionCount > Limits.ImportedFunctions)
                {
                    throw reader.Problem(names, $"names more than {Limits.ImportedFunctions} functions");
                }

                var slot = checked(slots + (i * step));
                if ((value & byOrdinal) != 0)
                {
                    functions.Add(new ImportedFunction(null, (ushort)value, slot));
                }
                else
                {
                    functions.Add(new ImportedFunction(reader.Text(checked((uint)value - pointerBase + 2)), null, slot));
                }
            }
        }
        catch (InputException problem)
        {
            _image.Report(problem);
        }
        catch (OverflowException)
        {
            _image.Report(reader.Problem(names, "runs beyond 4 GB"));
        }

        return functions;
    }
}
