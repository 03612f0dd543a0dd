using System.Globalization;
using NtScope.Debugging.Disassembly;
using NtScope.Reports;

namespace NtScope.Debugging.Execution;

/// <summary>All registers of the first processor as <c>r</c> shows them, with the instruction that comes next.</summary>
public sealed class RegisterListing : ICommandResult
{
    private static readonly string[][] Lines =
        [["rax", "rbx", "rcx"], ["rdx", "rsi", "rdi"], ["rip", "rsp", "rbp"], ["r8", "r9", "r10"], ["r11", "r12", "r13"], ["r14", "r15"]];

    // The flags as letters: bit, clear, set.
    private static readonly (int Bit, string Clear, string Set)[] Flags =
        [(11, "nv", "ov"), (10, "up", "dn"), (9, "di", "ei"), (7, "pl", "ng"), (6, "nz", "zr"), (4, "na", "ac"), (2, "po", "pe"), (0, "nc", "cy")];

    private readonly DebuggerSession _session;
    private readonly CodeListing? _code;

    internal RegisterListing(DebuggerSession session)
    {
        _session = session;
        Values = Lines.SelectMany(line => line).Append("efl").Where(name => session.TryGetRegister(name, out _)).ToDictionary(name => name, Value, StringComparer.Ordinal);
        _code = Values.TryGetValue("rip", out var rip) && new CodeReader(session).Read(new VirtualAddress(rip)) is { } line ? new CodeListing(session, [[line]]) : null;
    }

    /// <summary>The registers by name.</summary>
    public IReadOnlyDictionary<string, ulong> Values { get; }

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<RegisterRow>([.. Values.Select(register => new RegisterRow(register.Key, register.Value))]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        foreach (var line in Lines)
        {
            writer.Write(string.Join(' ', line.Select(name => string.Create(CultureInfo.InvariantCulture, $"{name,3}={Values.GetValueOrDefault(name):x16}"))) + "\n");
        }

        var flags = Values.GetValueOrDefault("efl");
        writer.Write($"iopl={flags >> 12 & 3}         {string.Join(' ', Flags.Select(flag => (flags >> flag.Bit & 1) != 0 ? flag.Set : flag.Clear))}\n");
        writer.Write(string.Create(CultureInfo.InvariantCulture, $"cs={Value("cs"):x4}  ss={Value("ss"):x4}  ds={Value("ds"):x4}  es={Value("es"):x4}  fs={Value("fs"):x4}  gs={Value("gs"):x4}             efl={flags:x8}\n"));
        _code?.Write(writer, cancellation);
    }

    private ulong Value(string name) => _session.TryGetRegister(name, out var value) ? value : 0;
}
