using System.IO.Pipes;
using System.Runtime.Versioning;

namespace NtScope.Windows.Agent;

/// <summary>Asks the running agent.</summary>
[SupportedOSPlatform("windows")]
internal static class AgentClient
{
    private const int ConnectMilliseconds = 10_000;

    /// <summary>Sends a request.</summary>
    /// <returns>Whether an agent runs; then <paramref name="answer"/> is its answer.</returns>
    public static bool TrySend(AgentRequest request, string desktop, out AgentAnswer answer)
    {
        answer = default;
        if (!Mutex.TryOpenExisting(AgentChannel.MutexName, out var mutex))
        {
            return false;
        }

        mutex.Dispose();
        try
        {
            using var pipe = new NamedPipeClientStream(".", AgentChannel.PipeName, PipeDirection.InOut, PipeOptions.CurrentUserOnly);
            pipe.Connect(ConnectMilliseconds);
            using var reader = new StreamReader(pipe, leaveOpen: true);
            using var writer = new StreamWriter(pipe, leaveOpen: true) { AutoFlush = true, NewLine = "\n" };
            writer.WriteLine($"{request} {desktop}");
            answer = AgentAnswer.FromLine(reader.ReadLine());
            return true;
        }
        catch (Exception exception) when (exception is IOException or TimeoutException or UnauthorizedAccessException)
        {
            answer = new AgentAnswer(false, null, $"the agent does not answer: {exception.Message.TrimEnd('.')}");
            return true;
        }
    }
}
