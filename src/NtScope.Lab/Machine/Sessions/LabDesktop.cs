using NtScope.Lab.Machine.Processes;

namespace NtScope.Lab.Machine.Sessions;

/// <summary>A desktop of the machine.</summary>
public sealed class LabDesktop
{
    private readonly List<MachineThread> _threads = [];
    private readonly List<LabWindow> _windows = [];

    internal LabDesktop(uint session, string windowStation, string name, VirtualAddress body, VirtualAddress information)
    {
        Session = session;
        WindowStation = windowStation;
        Name = name;
        Object = body;
        Information = information;
    }

    /// <summary>Its session.</summary>
    public uint Session { get; }

    /// <summary>The name of its window station.</summary>
    public string WindowStation { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its <c>tagDESKTOP</c>.</summary>
    public VirtualAddress Object { get; }

    /// <summary>Its <c>tagDESKTOPINFO</c>, in session space.</summary>
    public VirtualAddress Information { get; }

    /// <summary>The threads that are on it.</summary>
    public IReadOnlyList<MachineThread> Threads => _threads;

    /// <summary>Its windows, the desktop's own not among them.</summary>
    public IReadOnlyList<LabWindow> Windows => _windows;

    internal VirtualAddress LastWindow { get; set; }

    internal VirtualAddress RootWindow { get; set; }

    internal void Add(MachineThread thread) => _threads.Add(thread);

    internal void Add(LabWindow window) => _windows.Add(window);
}
