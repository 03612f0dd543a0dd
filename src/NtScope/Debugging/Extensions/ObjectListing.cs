using System.Globalization;
using NtScope.Kernel;
using NtScope.Kernel.Objects;
using NtScope.Reports;

namespace NtScope.Debugging.Extensions;

/// <summary>An object as <c>!object</c> shows it.</summary>
public sealed class ObjectListing : ICommandResult
{
    private readonly KernelContext _context;
    private readonly ObjectManager _objects;
    private readonly ExtensionText _text;

    internal ObjectListing(KernelContext context, ObjectManager objects, VirtualAddress address)
    {
        _context = context;
        _objects = objects;
        _text = new ExtensionText(context);
        Address = address;
        TypeName = objects.TypeNameOf(address);
        Entries = string.Equals(TypeName, "Directory", StringComparison.Ordinal) ? Read(address) : [];
    }

    /// <summary>Where it is.</summary>
    public VirtualAddress Address { get; }

    /// <summary>Its type's name; null if it cannot be read.</summary>
    public string? TypeName { get; }

    /// <summary>What a directory holds, bucket by bucket.</summary>
    public IReadOnlyList<DirectoryRow> Entries { get; }

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<DirectoryRow>(Entries.Count > 0 ? Entries : [new DirectoryRow(0, Address, TypeName, _objects.NameOf(Address).Name)]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        WriteHeader(writer, _context, _objects, Address, string.Empty);
        if (string.Equals(TypeName, "SymbolicLink", StringComparison.Ordinal))
        {
            writer.Write($"    Target String is '{_context.At("_OBJECT_SYMBOLIC_LINK", Address).Text("LinkTarget") ?? ExtensionText.Unreadable}'\n");
        }

        if (Entries.Count == 0)
        {
            return;
        }

        writer.Write("\n    Hash Address          Type                      Name\n    ---- -------          ----                      ----\n");
        var bucket = -1;
        foreach (var entry in Entries)
        {
            var number = entry.Bucket == bucket ? "  " : entry.Bucket.ToString("00", CultureInfo.InvariantCulture);
            bucket = entry.Bucket;
            writer.Write($"     {number}  {_text.Pointer(entry.Object)} {entry.TypeName ?? ExtensionText.Unreadable,-25} {entry.Name ?? ExtensionText.Unreadable}\n");
        }
    }

    /// <summary>The lines that say what an object is.</summary>
    internal static void WriteHeader(TextWriter writer, KernelContext context, ObjectManager objects, VirtualAddress body, string indentation)
    {
        var text = new ExtensionText(context);
        var header = objects.HeaderOf(body);
        var view = context.At("_OBJECT_HEADER", header);
        var type = objects.TypeOf(body);
        writer.Write($"{indentation}Object: {text.Pointer(body)}  Type: ({(type is { } known ? text.Pointer(known) : ExtensionText.Unreadable)}) {objects.TypeNameOf(body) ?? ExtensionText.Unreadable}\n");
        writer.Write($"{indentation}    ObjectHeader: {text.Pointer(header)} ({(context.Has("_OBJECT_HEADER", "InfoMask") ? "new" : "old")} version)\n");
        writer.Write($"{indentation}    HandleCount: {text.Decimal(view, "HandleCount")}  PointerCount: {text.Decimal(view, "PointerCount")}\n");
        if (objects.NameOf(body) is { Name: { } name } place)
        {
            writer.Write($"{indentation}    Directory Object: {text.Pointer(place.Directory ?? VirtualAddress.Zero)}  Name: {name}\n");
        }
    }

    private List<DirectoryRow> Read(VirtualAddress directory)
    {
        var rows = new List<DirectoryRow>();
        foreach (var (bucket, body) in ObjectDirectory.Read(_context, directory).Places)
        {
            rows.Add(new DirectoryRow(bucket, body, _objects.TypeNameOf(body), _objects.NameOf(body).Name));
        }

        return rows;
    }
}
