using System.Globalization;
using NtScope.Kernel;
using NtScope.Kernel.Objects;
using NtScope.Reports;

namespace NtScope.Debugging.Extensions;

/// <summary>Open handles as <c>!handle</c> shows them.</summary>
public sealed class HandleListing : ICommandResult
{
    private const ulong ObjectFlag = 2;
    private const ulong System = 4;
    private readonly KernelContext _context;
    private readonly ObjectManager _objects;
    private readonly string _heading;
    private readonly int _inUse;
    private readonly ulong _flags;

    internal HandleListing(KernelContext context, ObjectManager objects, string heading, ProcessDetails process, int inUse, IReadOnlyList<HandleRow> rows, ulong flags)
    {
        _context = context;
        _objects = objects;
        _heading = heading;
        _inUse = inUse;
        _flags = flags;
        Process = process;
        Rows = rows;
    }

    /// <summary>Whose handles they are.</summary>
    public ProcessDetails Process { get; }

    /// <summary>The handles, ascending.</summary>
    public IReadOnlyList<HandleRow> Rows { get; }

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<HandleRow>(Rows);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        var text = new ExtensionText(_context);
        writer.Write(_heading);
        writer.Write(new ProcessListing(_context, string.Empty, [], ProcessFlags.None, []).Short(Process));
        writer.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"\n{(Process.Id == System ? "Kernel handle table" : "Handle table")} at {text.Pointer(Process.HandleTable ?? VirtualAddress.Zero)} with {_inUse} entries in use\n\n"));
        foreach (var row in Rows)
        {
            if (cancellation.IsCancellationRequested)
            {
                return;
            }

            writer.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{row.Entry.Handle:x4}: Object: {text.Pointer(row.Object)}  GrantedAccess: {row.Entry.GrantedAccess:x8} Entry: {text.Pointer(row.Entry.Place)}\n"));
            if ((_flags & ObjectFlag) != 0)
            {
                ObjectListing.WriteHeader(writer, _context, _objects, row.Object, string.Empty);
                writer.Write('\n');
            }
        }
    }
}
