using System.Globalization;
using NtScope.Kernel;
using NtScope.Kernel.Drivers;
using NtScope.Kernel.Objects;
using NtScope.Reports;

namespace NtScope.Debugging.Extensions;

/// <summary>A driver object as <c>!drvobj</c> shows it.</summary>
public sealed class DriverObjectListing : ICommandResult
{
    private const ulong DevicesFlag = 1;
    private const ulong RoutinesFlag = 2;
    private const ulong StacksFlag = 4;
    private const int DevicesPerLine = 4;
    private readonly DebuggerSession _session;
    private readonly KernelContext _context;
    private readonly ObjectManager _objects;
    private readonly ExtensionText _text;
    private readonly ulong _flags;

    internal DriverObjectListing(DebuggerSession session, KernelContext context, ObjectManager objects, VirtualAddress address, ulong flags)
    {
        _session = session;
        _context = context;
        _objects = objects;
        _text = new ExtensionText(context);
        _flags = flags;
        Address = address;
        Name = context.At("_DRIVER_OBJECT", address).Text("DriverName");
        Devices = DeviceWalk.DevicesOf(context, address);
        Routines = [.. Read()];
    }

    /// <summary>Where it is.</summary>
    public VirtualAddress Address { get; }

    /// <summary>Its name, as the object itself has it; null if it cannot be read. Untrusted text.</summary>
    public string? Name { get; }

    /// <summary>Its devices.</summary>
    public IReadOnlyList<VirtualAddress> Devices { get; }

    /// <summary>Its dispatch table.</summary>
    public IReadOnlyList<DispatchRow> Routines { get; }

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<DispatchRow>(Routines);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        writer.Write($"Driver object ({_text.Pointer(Address)}) is for:\n {Name ?? ExtensionText.Unreadable}\n\n");
        if ((_flags & DevicesFlag) != 0)
        {
            writer.Write("Driver Extension List: (id , addr)\n\n");
            writer.Write("Device Object list:\n");
            for (var i = 0; i < Devices.Count; i++)
            {
                writer.Write(_text.Pointer(Devices[i]) + "  " + (i % DevicesPerLine == DevicesPerLine - 1 || i == Devices.Count - 1 ? "\n" : string.Empty));
            }

            writer.Write('\n');
        }

        if ((_flags & RoutinesFlag) != 0) WriteRoutines(writer);
        if ((_flags & StacksFlag) != 0) WriteStacks(writer);
    }

    private IEnumerable<DispatchRow> Read()
    {
        if (_context.At("_DRIVER_OBJECT", Address).AddressOf("MajorFunction") is not { } table)
        {
            yield break;
        }

        for (var function = 0; function < MajorFunction.Count; function++)
        {
            var routine = _context.ReadPointer(table + ((uint)function * _context.PointerSize));
            var owner = routine is { } code ? _context.OwnerOf(code) : default;
            yield return new DispatchRow(MajorFunction.NameOf((byte)function), routine, owner.Module?.Name, owner.Symbol, []);
        }
    }

    private void WriteRoutines(TextWriter writer)
    {
        var driver = _context.At("_DRIVER_OBJECT", Address);
        Write("DriverEntry:   ", driver.Pointer("DriverInit"));
        Write("DriverStartIo: ", driver.Pointer("DriverStartIo"));
        Write("DriverUnload:  ", driver.Pointer("DriverUnload"));
        Write("AddDevice:     ", driver.Pointer("DriverExtension") is { IsZero: false } extension ? _context.At("_DRIVER_EXTENSION", extension).Pointer("AddDevice") : VirtualAddress.Zero);
        writer.Write("\nDispatch routines:\n");
        for (var function = 0; function < Routines.Count; function++)
        {
            Write(string.Create(CultureInfo.InvariantCulture, $"[{function:x2}] {Routines[function].Function,-35}"), Routines[function].Address);
        }

        writer.Write('\n');

        void Write(string label, VirtualAddress? routine) =>
            writer.Write($"{label}{(routine is { } code ? _text.Pointer(code) : ExtensionText.Unreadable)}\t{NameOf(routine)}\n");
    }

    private string NameOf(VirtualAddress? routine) =>
        routine is not { IsZero: false } code ? string.Empty : _session.Symbols.TryGetNearest(code, out var place) ? place.ToString() : "outside of every module";

    private void WriteStacks(TextWriter writer)
    {
        writer.Write("Device Object stacks:\n\n");
        foreach (var device in Devices)
        {
            writer.Write($"!devstack {_text.Pointer(device)} :\n  !DevObj           !DrvObj            !DevExt           ObjectName\n");
            foreach (var member in DeviceWalk.StackOf(_context, device))
            {
                var view = _context.At("_DEVICE_OBJECT", member);
                var driver = view.Pointer("DriverObject") is { IsZero: false } owner ? _context.At("_DRIVER_OBJECT", owner).Text("DriverName") : null;
                var name = _objects.NameOf(member).Name;
                writer.Write($"{(member == device ? ">" : " ")} {_text.Pointer(member)}  {driver ?? ExtensionText.Unreadable,-18} {_text.Pointer(view, "DeviceExtension")}  {name}".TrimEnd() + "\n");
            }

            writer.Write('\n');
        }

        writer.Write(string.Create(CultureInfo.InvariantCulture, $"Processed {Devices.Count} device objects.\n"));
    }
}
