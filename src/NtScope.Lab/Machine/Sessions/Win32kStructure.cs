using NtScope.Knowledge;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Sessions;

/// <summary>
/// A structure of win32k in the machine's memory. Of some builds a few offsets are carried over from Windows 7 and collide with newer ones; the newer one
/// wins, and the older field is left out. Of x86 no layouts are known: nothing is written.
/// </summary>
/// <param name="Space">The memory that holds it.</param>
/// <param name="Layout">The layouts of the build; null if none are known.</param>
/// <param name="Name">Its type (<c>tagDESKTOP</c>).</param>
/// <param name="Address">Where it is.</param>
internal sealed record Win32kStructure(LabAddressSpace Space, Win32kLayout? Layout, string Name, VirtualAddress Address)
{
    /// <summary>Whether the build has the field, at a place of its own.</summary>
    public bool Has(string field) => Layout is not null && Layout.TryGetField(Name, field, out var found) && !(found.NeedsValidation && IsTaken(field, found.Offset));

    /// <summary>Where a field is.</summary>
    public VirtualAddress AddressOf(string field) => Layout is not null && Layout.TryGetField(Name, field, out var found)
        ? Address + found.Offset
        : throw new InvalidOperationException($"the layouts of win32k have no {Name}.{field}");

    /// <summary>Writes a pointer or another number of 8 bytes, if the build has the field.</summary>
    public Win32kStructure Set(string field, ulong value)
    {
        if (Has(field))
        {
            Space.WriteUInt64(AddressOf(field), value);
        }

        return this;
    }

    /// <summary>Writes a pointer, if the build has the field.</summary>
    public Win32kStructure Set(string field, VirtualAddress value) => Set(field, value.Value);

    /// <summary>Writes a number of 4 bytes, if the build has the field.</summary>
    public Win32kStructure Set32(string field, uint value)
    {
        if (Has(field))
        {
            Space.WriteUInt32(AddressOf(field), value);
        }

        return this;
    }

    private bool IsTaken(string field, uint offset) => Layout!.Fields.Any(other =>
        other.Key.Structure == Name && other.Key.Field != field && !other.Value.NeedsValidation && other.Value.Offset < offset + 8 && offset < other.Value.Offset + 8);
}
