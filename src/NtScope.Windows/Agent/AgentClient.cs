using System.Diagnostics;
using System.IO.Pipes;
using System.Runtime.Versioning;

namespace NtScope.Windows.Agent;

/// <summary>Asks the running agent.</summary>
[SupportedOSPlatform("windows")]
internal static class AgentClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

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
            using var pipe = Connect();
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

    // The agent serves one command at a time; a pipe that is just being given up for the next one refuses.
    private static NamedPipeClientStream Connect()
    {
        for (var clock = Stopwatch.StartNew(); ; Thread.Sleep(Pause))
        {
            var pipe = new NamedPipeClientStream(".", AgentChannel.PipeName, PipeDirection.InOut, PipeOptions.CurrentUserOnly);
            try
            {
                pipe.Connect(Patience);
                return pipe;
            }
            catch (IOException) when (clock.Elapsed < Patience)
            {
                pipe.Dispose();
            }
            catch
            {
                pipe.Dispose();
                throw;
            }
        }
    }
}
