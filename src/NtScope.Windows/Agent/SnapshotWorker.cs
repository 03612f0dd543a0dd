using System.Runtime.Versioning;
using NtScope.Windows.Management;

namespace NtScope.Windows.Agent;

/// <summary>Takes pictures of one desktop, over and over, on a thread that is bound to it.</summary>
[SupportedOSPlatform("windows")]
internal sealed class SnapshotWorker : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private readonly ManualResetEventSlim _stop = new();
    private readonly ManualResetEventSlim _first = new();
    private readonly string _name;
    private readonly int _width;
    private readonly Action _taken;
    private readonly Thread _thread;

    /// <summary>Starts at once.</summary>
    /// <param name="name">The desktop.</param>
    /// <param name="width">The pictures' width in pixels.</param>
    /// <param name="taken">Called, on the worker's thread, after each picture.</param>
    public SnapshotWorker(string name, int width, Action taken)
    {
        _name = name;
        _width = width;
        _taken = taken;
        _thread = new Thread(Run) { IsBackground = true, Name = "pictures of " + name };
        _thread.Start();
    }

    /// <summary>The latest picture; null before the first and if the desktop cannot be entered.</summary>
    public DesktopSnapshot? Latest { get; private set; }

    /// <summary>Waits until the first picture is there, or cannot be, or the patience ends.</summary>
    public void WaitForFirst(TimeSpan patience) => _first.Wait(patience);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
        _first.Dispose();
    }

    private void Run()
    {
        try
        {
            BoundDesktop.Run(_name, desktop =>
            {
                using var taker = new SnapshotTaker();
                do
                {
                    Latest = taker.Take(desktop, _width);
                    _first.Set();
                    _taken();
                }
                while (!_stop.Wait(Pause));
            });
        }
        catch (DesktopException)
        {
            // The desktop may have been closed meanwhile; the overview shows its name without a picture.
            _first.Set();
        }
    }
}
