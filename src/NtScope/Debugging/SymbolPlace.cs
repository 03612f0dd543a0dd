using System.Globalization;

namespace NtScope.Debugging;

/// <summary>A place named relative to a symbol.</summary>
/// <param name="Module">The module.</param>
/// <param name="Name">The symbol; empty if the module has none at or below the place.</param>
/// <param name="Address">The symbol's address, or the module's base without a symbol.</param>
/// <param name="Displacement">How many bytes behind it the place lies.</param>
public readonly record struct SymbolPlace(Module Module, string Name, VirtualAddress Address, ulong Displacement)
{
    /// <summary>The place as WinDbg writes it: <c>nt!NtCreateFile+0x15</c>, <c>nt+0x1000</c>.</summary>
    public override string ToString()
    {
        var name = Name.Length == 0 ? Module.Name : Module.Name + "!" + Name;
        return Displacement == 0 ? name : name + "+0x" + Displacement.ToString("x", CultureInfo.InvariantCulture);
    }
}
