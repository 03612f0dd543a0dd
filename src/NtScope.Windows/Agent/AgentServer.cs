using System.IO.Pipes;
using System.Runtime.Versioning;

namespace NtScope.Windows.Agent;

/// <summary>Takes requests for the agent, one connection at a time. Only the agent's own user can connect.</summary>
[SupportedOSPlatform("windows")]
internal sealed class AgentServer(Func<AgentRequest, string, AgentAnswer> handle)
{
    private const int MostCharacters = 1024;

    /// <summary>Listens on a thread of its own until the process ends.</summary>
    public void Start() => new Thread(Listen) { IsBackground = true, Name = "agent requests" }.Start();

    private void Listen()
    {
        while (true)
        {
            try
            {
                using var pipe = new NamedPipeServerStream(AgentChannel.PipeName, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.CurrentUserOnly);
                pipe.WaitForConnection();
                Serve(pipe);
            }
            catch (IOException)
            {
                // The other side left in the middle; the next one gets a new pipe.
            }
        }
    }

    private void Serve(NamedPipeServerStream pipe)
    {
        using var writer = new StreamWriter(pipe, leaveOpen: true) { AutoFlush = true, NewLine = "\n" };
        var line = ReadLine(pipe);
        var parts = line.Split(' ', 2);
        var answer = parts.Length == 2 && Enum.TryParse<AgentRequest>(parts[0], out var request)
            ? handle(request, parts[1])
            : new AgentAnswer(false, (uint)Environment.ProcessId, "the agent does not know that request");
        writer.WriteLine(answer.ToLine());
        pipe.WaitForPipeDrain();
    }

    private static string ReadLine(Stream pipe)
    {
        var bytes = new List<byte>();
        for (var next = pipe.ReadByte(); next >= 0 && next != '\n' && bytes.Count < MostCharacters; next = pipe.ReadByte())
        {
            bytes.Add((byte)next);
        }

        return System.Text.Encoding.UTF8.GetString([.. bytes]);
    }
}
