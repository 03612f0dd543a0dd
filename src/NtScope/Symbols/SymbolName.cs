namespace NtScope.Symbols;

/// <summary>The decoration that 32-bit x86 calling conventions put around a C name.</summary>
public static class SymbolName
{
    /// <summary>
    /// The name without its decoration: <c>_NtClose@4</c> (stdcall), <c>@ObfDereferenceObject@4</c> (fastcall), <c>_KiServiceTable</c>
    /// (cdecl and data), <c>mul@@16</c> (vectorcall). C++ names (<c>?…</c>) and names of other architectures stay as they are.
    /// </summary>
    public static string Undecorate(string name, ProcessorArchitecture architecture)
    {
        if (architecture != ProcessorArchitecture.X86 || name.Length < 2 || name[0] == '?')
        {
            return name;
        }

        var end = name.Length;
        while (end > 0 && char.IsAsciiDigit(name[end - 1]))
        {
            end--;
        }

        var counted = end < name.Length && end > 1 && name[end - 1] == '@';
        if (counted && end > 2 && name[end - 2] == '@') return name[..(end - 2)];
        if (counted && name[0] is '_' or '@' && end > 2) return name[1..(end - 1)];
        return name[0] == '_' ? name[1..] : name;
    }
}
