using System.Buffers.Binary;
using System.Text;
using NtScope.Lab.Executive;
using NtScope.Lab.Executive.Configuration;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Registry;

namespace NtScope.Lab.Drivers;

/// <summary>The machine's registry, as a user-mode program reaches it: registry callbacks see each operation and may deny it.</summary>
public sealed class LabRegistry
{
    private const uint AllAccess = 0xF003F;
    private readonly LabKernel _kernel;

    internal LabRegistry(LabKernel kernel) => _kernel = kernel;

    /// <summary>Creates a key, or opens it if it is there. Keys above it are created as needed.</summary>
    /// <param name="path">The path: <c>HKLM\SOFTWARE\X</c> or <c>\REGISTRY\MACHINE\SOFTWARE\X</c>.</param>
    /// <param name="by">Who does it; null for the machine's client.</param>
    public NtStatus CreateKey(string path, LabProcess? by = null)
    {
        var status = With(path, create: true, by, _ => NtStatus.Success);
        var full = RegistryHive.Normalise(path);
        for (var slash = full.IndexOf('\\', 1); status == NtStatus.ObjectNameNotFound && slash > 0; slash = full.IndexOf('\\', slash + 1))
        {
            if (_kernel.Hive.Find(full[..slash]) is null && With(full[..slash], create: true, by, _ => NtStatus.Success) is var above && (int)above < 0)
            {
                return above;
            }
        }

        return status == NtStatus.ObjectNameNotFound ? With(path, create: true, by, _ => NtStatus.Success) : status;
    }

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

    /// <summary>Reads a value, as registry callbacks leave it.</summary>
    /// <param name="path">The key.</param>
    /// <param name="name">The value's name.</param>
    /// <param name="data">Its bytes; empty unless the status is a success.</param>
    /// <param name="by">Who does it; null for the machine's client.</param>
    public NtStatus ReadValue(string path, string name, out byte[] data, LabProcess? by = null)
    {
        byte[] found = [];
        var status = With(path, create: false, by, key => Fetch(KeyInformation.Partial, query => _kernel.Configuration.Queries.Value(key, name, query), out found));
        data = (int)status >= 0 ? KeyInformation.DataOf(found).Bytes : [];
        return status;
    }

    /// <summary>The names of the keys below a key, ascending, as a program sees them.</summary>
    /// <param name="path">The key.</param>
    /// <param name="by">Who lists them; null for the machine's client.</param>
    /// <returns>Empty if the key cannot be opened or listed.</returns>
    public IReadOnlyList<string> Keys(string path, LabProcess? by = null) => List(path, by, 0x10, _kernel.Configuration.Queries.EnumerateKey);

    /// <summary>The names of the values of a key, ascending, as a program sees them.</summary>
    /// <param name="path">The key.</param>
    /// <param name="by">Who lists them; null for the machine's client.</param>
    /// <returns>Empty if the key cannot be opened or listed.</returns>
    public IReadOnlyList<string> Values(string path, LabProcess? by = null) => List(path, by, 12, _kernel.Configuration.Queries.EnumerateValue);

    private List<string> List(string path, LabProcess? by, int nameOffset, Func<KernelObject, uint, KeyQuery, NtStatus> enumerate)
    {
        var names = new List<string>();
        With(path, create: false, by, key =>
        {
            NtStatus status;
            do
            {
                status = Fetch(0, query => enumerate(key, (uint)names.Count, query), out var found);
                if (status == NtStatus.Success)
                {
                    names.Add(KeyInformation.NameOf(found, nameOffset));
                }
            }
            while (status == NtStatus.Success && names.Count < LabLimits.StoredNodes);

            return status;
        });
        return names;
    }

    // A program's buffers are user memory, which the kernel has probed before callbacks see it.
    private NtStatus Fetch(uint kind, Func<KeyQuery, NtStatus> query, out byte[] found) => _kernel.Configuration.Queries.Fetch(
        kind, query,
        length =>
        {
            var buffer = _kernel.UserBuffers.Allocate(length, _kernel.Threads.Current.Process);
            _kernel.Verifier.Probed(buffer, (ulong)length);
            return buffer;
        },
        _kernel.UserBuffers.Free, out found);

    private NtStatus With(string path, bool create, LabProcess? by, Func<KernelObject, NtStatus> action)
    {
        _kernel.EnsureRunning();
        using var scope = _kernel.Processes.RunAs(by ?? _kernel.Processes.Client);
        var thread = _kernel.Threads.Current;
        _kernel.Verifier.BeginRequest();
        thread.UserMode = true;
        try
        {
            var status = _kernel.Configuration.Open(null, path, create, AllAccess, 0, out var key, out _);
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
        finally
        {
            thread.UserMode = false;
        }
    }
}
