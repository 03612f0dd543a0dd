using System.Runtime.Versioning;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Desktops;

/// <summary>Lists directories of the object manager's namespace.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class ObjectNamespace
{
    private const uint DirectoryQuery = 1;
    private const uint CaseInsensitive = 0x40;
    private const int NoMoreEntries = unchecked((int)0x8000001a);
    private const int BufferBytes = 4096;

    /// <summary>The names of the objects of one type in a directory.</summary>
    /// <param name="path">The directory (<c>\Windows\WindowStations</c>).</param>
    /// <param name="type">The object type's name.</param>
    public static Outcome<IReadOnlyList<string>> Names(string path, string type)
    {
        nint opened;
        int status;
        fixed (char* text = path)
        {
            var name = new UnicodeString { Length = (ushort)(path.Length * 2), MaximumLength = (ushort)(path.Length * 2), Buffer = text };
            var attributes = new ObjectAttributes { Length = (uint)sizeof(ObjectAttributes), Name = &name, Attributes = CaseInsensitive };
            status = Ntdll.NtOpenDirectoryObject(out opened, DirectoryQuery, attributes);
        }

        if (status < 0)
        {
            return Outcome<IReadOnlyList<string>>.Failed((int)Ntdll.RtlNtStatusToDosError(status));
        }

        using var directory = new KernelHandle(opened);
        var names = new List<string>();
        var buffer = stackalloc byte[BufferBytes];
        var context = 0u;
        for (var entries = 0; entries < Limits.DirectoryEntries; entries++)
        {
            status = Ntdll.NtQueryDirectoryObject(directory.Value, buffer, BufferBytes, 1, (byte)(entries == 0 ? 1 : 0), ref context, out _);
            if (status == NoMoreEntries)
            {
                break;
            }

            if (status < 0)
            {
                return Outcome<IReadOnlyList<string>>.Failed((int)Ntdll.RtlNtStatusToDosError(status));
            }

            var found = (UnicodeString*)buffer;
            if (string.Equals(Text(found[1]), type, StringComparison.Ordinal))
            {
                names.Add(Text(found[0]));
            }
        }

        return new(names);
    }

    private static string Text(UnicodeString text) => new(text.Buffer, 0, text.Length / sizeof(char));
}
