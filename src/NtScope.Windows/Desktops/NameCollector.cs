using System.Runtime.InteropServices;

namespace NtScope.Windows.Desktops;

/// <summary>Takes the names that an enumeration of stations or desktops gives.</summary>
internal sealed unsafe class NameCollector
{
    private readonly List<string> _names = [];

    public IReadOnlyList<string> Names => _names;

    public PinnedContext Pin() => new(this);

    [UnmanagedCallersOnly]
    public static int Add(char* name, nint context)
    {
        PinnedContext.Of<NameCollector>(context)._names.Add(new string(name));
        return 1;
    }
}
