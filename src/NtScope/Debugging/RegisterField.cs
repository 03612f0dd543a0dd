namespace NtScope.Debugging;

/// <summary>Where a register stands in a processor's saved state.</summary>
/// <param name="Field">The field of _CONTEXT.</param>
/// <param name="Size">How many of its bytes the register is.</param>
internal readonly record struct RegisterField(string Field, int Size)
{
    private static readonly Dictionary<string, RegisterField> ByName = Build();

    /// <summary>The field of a register by the name that debuggers use; null if no general register has this name.</summary>
    public static RegisterField? Of(string name) => ByName.TryGetValue(name, out var field) ? field : null;

    private static Dictionary<string, RegisterField> Build()
    {
        var fields = new Dictionary<string, RegisterField>(StringComparer.OrdinalIgnoreCase)
        {
            ["rip"] = new("Rip", 8), ["eip"] = new("Rip", 4), ["efl"] = new("EFlags", 4), ["$ip"] = new("Rip", 8), ["$scopeip"] = new("Rip", 8),
            ["$csp"] = new("Rsp", 8), ["$retreg"] = new("Rax", 8), ["$retreg64"] = new("Rax", 8), ["mxcsr"] = new("MxCsr", 4),
        };
        foreach (var name in (string[])["Rax", "Rbx", "Rcx", "Rdx", "Rsi", "Rdi", "Rbp", "Rsp"])
        {
            fields[name] = new(name, 8);
            fields["e" + name[1..]] = new(name, 4);
            fields[name[1..]] = new(name, 2);
        }

        for (var i = 8; i < 16; i++)
        {
            fields[$"r{i}"] = new($"R{i}", 8);
            fields[$"r{i}d"] = new($"R{i}", 4);
            fields[$"r{i}w"] = new($"R{i}", 2);
        }

        foreach (var name in (string[])["SegCs", "SegDs", "SegEs", "SegFs", "SegGs", "SegSs"])
        {
            fields[name[3..]] = new(name, 2);
        }

        return fields;
    }
}
