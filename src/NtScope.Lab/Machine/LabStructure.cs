using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using NtScope.Lab.Machine.Memory;
using NtScope.Symbols.Types;

namespace NtScope.Lab.Machine;

/// <summary>A structure in the machine's memory, written field by field after the layout of its kernel.</summary>
/// <param name="Space">The memory that holds it.</param>
/// <param name="Types">The layouts.</param>
/// <param name="Name">Its type (<c>_EPROCESS</c>).</param>
/// <param name="Address">Where it is.</param>
internal sealed record LabStructure(LabAddressSpace Space, ITypeSource Types, string Name, VirtualAddress Address)
{
    private const int MostNested = 8;
    private static readonly ConditionalWeakTable<ITypeSource, ConcurrentDictionary<(string Structure, string Path), FieldLayout?>> Found = [];

    /// <summary>Its size in bytes.</summary>
    public uint Size => SizeOf(Types, Name);

    /// <summary>The size in bytes of a structure of these layouts.</summary>
    public static uint SizeOf(ITypeSource types, string name) => types.TryGetStructure(name, out var layout)
        ? layout.Size
        : throw new InvalidOperationException($"{types.Origin} have no {name}");

    /// <summary>Finds a field by its path (<c>Tcb.Header.Type</c>), through unnamed unions too.</summary>
    /// <returns>The field with its offset from the start of <paramref name="structure"/>; null if the layouts do not have it.</returns>
    public static FieldLayout? Find(ITypeSource types, string structure, string path) =>
        Found.GetOrCreateValue(types).GetOrAdd((structure, path), static (key, types) => FindPath(types, key.Structure, key.Path), types);

    private static FieldLayout? FindPath(ITypeSource types, string structure, string path)
    {
        FieldLayout? field = null;
        var offset = 0u;
        foreach (var name in path.Split('.'))
        {
            if (field is not null)
            {
                structure = field.Type.Name;
                offset = field.Offset;
            }

            field = FindIn(types, structure, name, MostNested);
            if (field is null)
            {
                return null;
            }

            field = field with { Offset = field.Offset + offset };
        }

        return field;
    }

    /// <summary>Whether the layouts have a field.</summary>
    public bool Has(string path) => Find(Types, Name, path) is not null;

    /// <summary>Where a field is.</summary>
    public VirtualAddress AddressOf(string path) => Address + Require(path).Offset;

    /// <summary>A structure inside this one.</summary>
    public LabStructure Inner(string path)
    {
        var field = Require(path);
        return this with { Name = field.Type.Name, Address = Address + field.Offset };
    }

    /// <summary>Writes a number, pointer or bit field.</summary>
    /// <exception cref="InvalidOperationException">The layouts have no such field.</exception>
    public LabStructure Set(string path, ulong value)
    {
        Write(Require(path), value);
        return this;
    }

    /// <summary>Writes a pointer.</summary>
    public LabStructure Set(string path, VirtualAddress value) => Set(path, value.Value);

    /// <summary>Writes a field that only some builds have.</summary>
    public LabStructure SetIfPresent(string path, ulong value)
    {
        if (Find(Types, Name, path) is { } field)
        {
            Write(field, value);
        }

        return this;
    }

    /// <summary>Writes a pointer that only some builds have.</summary>
    public LabStructure SetIfPresent(string path, VirtualAddress value) => SetIfPresent(path, value.Value);

    /// <summary>Writes bytes into an array, cut to its size.</summary>
    public LabStructure SetBytes(string path, ReadOnlySpan<byte> bytes)
    {
        var field = Require(path);
        Space.Write(Address + field.Offset, bytes[..Math.Min(bytes.Length, (int)field.Type.Size)]);
        return this;
    }

    private static FieldLayout? FindIn(ITypeSource types, string structure, string name, int depth)
    {
        if (depth == 0 || !types.TryGetStructure(structure, out var layout))
        {
            return null;
        }

        if (layout.TryGetField(name, out var found))
        {
            return found;
        }

        foreach (var field in layout.Fields)
        {
            if ((field.Name.Length == 0 || field.Name.StartsWith("unnamed", StringComparison.OrdinalIgnoreCase) || field.Name.StartsWith("__", StringComparison.Ordinal))
                && field.Type.Kind is TypeKind.Structure or TypeKind.Union
                && FindIn(types, field.Type.Name, name, depth - 1) is { } inner)
            {
                return inner with { Offset = inner.Offset + field.Offset };
            }
        }

        return null;
    }

    private FieldLayout Require(string path) => Find(Types, Name, path)
        ?? throw new InvalidOperationException($"{Types.Origin}: {Name} has no field {path}");

    private void Write(FieldLayout field, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        var size = field.Type.Kind == TypeKind.Pointer || field.Type.Size is 0 or > sizeof(ulong) ? Space.PointerSize : (int)field.Type.Size;
        if (field.BitLength > 0)
        {
            Space.Read(Address + field.Offset, bytes[..size], out _);
            var mask = (field.BitLength == 64 ? ulong.MaxValue : (1ul << field.BitLength) - 1) << field.BitPosition;
            value = (BinaryPrimitives.ReadUInt64LittleEndian(bytes) & ~mask) | (value << field.BitPosition & mask);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Space.Write(Address + field.Offset, bytes[..size]);
    }
}
