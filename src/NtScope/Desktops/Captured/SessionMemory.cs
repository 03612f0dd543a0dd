using NtScope.Kernel;
using NtScope.Kernel.Processes;

namespace NtScope.Desktops.Captured;

/// <summary>The memory of each session: win32k's windows and threads are mapped only in the session's own processes up to Windows 10.</summary>
internal sealed class SessionMemory(KernelContext context)
{
    private readonly Dictionary<int, IMemory> _bySession = [];
    private readonly IReadOnlyList<SessionSpace> _sessions = context.Target.Sessions;

    /// <summary>The memory of a session: that of one of its processes, else the system's.</summary>
    public IMemory Of(int? session)
    {
        if (session is not { } number)
        {
            return context.Memory;
        }

        if (!_bySession.TryGetValue(number, out var memory))
        {
            memory = Open(number) ?? context.Memory;
            _bySession.Add(number, memory);
        }

        return memory;
    }

    private IMemory? Open(int number)
    {
        if (context.Target.AddressSpaces is not { } spaces)
        {
            return null;
        }

        var reader = new SessionReader(context);
        var found = _sessions.FirstOrDefault(session => session.Number == number) ?? _sessions.FirstOrDefault(session => reader.SessionOf(session.Process) == number);
        if (found is null)
        {
            context.Note($"No process of session {number} was found, so its windows and threads are read through the system's page tables.");
            return null;
        }

        return spaces.Open(found.DirectoryTable);
    }
}
