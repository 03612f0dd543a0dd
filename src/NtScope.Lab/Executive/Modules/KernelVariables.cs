using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Machine.Kernel;

namespace NtScope.Lab.Executive.Modules;

/// <summary>The kernel's exported variables, at their places in its image: a driver's import slot holds the variable's address.</summary>
internal sealed class KernelVariables(GuestMemory memory, KernelImage image)
{
    private readonly HashSet<string> _names = new(KernelExports.Variables, StringComparer.Ordinal);

    /// <summary>Sets a variable of 8 bytes that drivers may import.</summary>
    /// <returns>Its address.</returns>
    public ulong Add(string name, ulong value)
    {
        _names.Add(name);
        var address = image.AddressOf(name).Value;
        memory.WriteUInt64(address, value);
        return address;
    }

    /// <summary>The address of a variable.</summary>
    public bool TryGet(string name, out ulong address)
    {
        address = _names.Contains(name) ? image.AddressOf(name).Value : 0;
        return address != 0;
    }
}
