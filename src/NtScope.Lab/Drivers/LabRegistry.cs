using System.Buffers.Binary;
using System.Text;
using NtScope.Lab.Executive;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Registry;

namespace NtScope.Lab.Drivers;

/// <summary>The machine's registry, as a user-mode program reaches it: registry callbacks see each operation and may deny it.</summary>
public sealed class LabRegistry
{
    private const uint AllAccess = 0xF003F;
    private readonly LabKernel _kernel;

    internal LabRegistry(LabKernel kernel) => _kernel = kernel;

    /// <summary>Creates a key, or opens it if it is there.</summary>
    /// <param name="path">The path: <c>HKLM\SOFTWARE\X</c> or <c>\REGISTRY\MACHINE\SOFTWARE\X</c>.</param>
    /// <param name="by">Who does it; null for the machine's client.</param>
    public NtStatus CreateKey(string path, LabProcess? by = null) => With(path, create: true, by, _ => NtStatus.Success);

    /// <summary>Deletes a key that has no keys below it.</summary>
    public NtStatus DeleteKey(string path, LabProcess? by = null) => With(path, create: false, by, _kernel.Configuration.DeleteKey);

    /// <summary>Renames a key.</summary>
    /// <param name="path">The key.</param>
    /// <param name="name">The new last part of its path.</param>
    /// <param name="by">Who does it; null for the machine's client.</param>
    public NtStatus RenameKey(string path, string name, LabProcess? by = null) => With(path, create: false, by, key => _kernel.Configuration.RenameKey(key, name));

    /// <summary>Sets a REG_SZ value.</summary>
    public NtStatus SetValue(string path, string name, string text, LabProcess? by = null) => SetValue(path, name, 1, Encoding.Unicode.GetBytes(text + '\0'), by);

    /// <summary>Sets a REG_DWORD value.</summary>
    public NtStatus SetValue(string path, string name, uint number, LabProcess? by = null)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        return SetValue(path, name, 4, bytes, by);
    }

    /// <summary>Sets a value of any type.</summary>
    /// <param name="path">The key.</param>
    /// <param name="name">The value's name; empty for the default value.</param>
    /// <param name="type">REG_SZ 1, REG_BINARY 3, REG_DWORD 4 and so on.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="by">Who does it; null for the machine's client.</param>
    public NtStatus SetValue(string path, string name, uint type, byte[] data, LabProcess? by) =>
        With(path, create: false, by, key => _kernel.Configuration.SetValue(key, name, type, data));

    /// <summary>Deletes a value.</summary>
    public NtStatus DeleteValue(string path, string name, LabProcess? by = null) => With(path, create: false, by, key => _kernel.Configuration.DeleteValue(key, name));

    /// <summary>Reads a value.</summary>
    /// <param name="path">The key.</param>
    /// <param name="name">The value's name.</param>
    /// <param name="data">Its bytes; empty unless the status is a success.</param>
    /// <param name="by">Who does it; null for the machine's client.</param>
    public NtStatus ReadValue(string path, string name, out byte[] data, LabProcess? by = null)
    {
        RegistryData? found = null;
        var status = With(path, create: false, by, key => _kernel.Configuration.QueryValue(key, name, 2, 0, 0, out found));
        data = (int)status >= 0 && found is not null ? found.Bytes : [];
        return status;
    }

    private NtStatus With(string path, bool create, LabProcess? by, Func<KernelObject, NtStatus> action)
    {
        _kernel.EnsureRunning();
        using var scope = _kernel.Processes.RunAs(by ?? _kernel.Processes.Client);
        var status = _kernel.Configuration.Open(null, path, create, AllAccess, out var key, out _);
        if (key is not null)
        {
            var handle = _kernel.Objects.Open(key, AllAccess, isKernel: false, 0);
            _kernel.Objects.Dereference(key);
            status = action(key);
            _kernel.Objects.Close(handle);
        }

        _kernel.Threads.Settle();
        return status;
    }
}
