using System.Diagnostics;
using System.Globalization;

namespace NtScope.Cli.Terminal;

/// <summary>
/// A progress bar on the standard error's last line. It comes only on a terminal and only for jobs that take long enough to be noticed,
/// and it is gone when the job is done.
/// </summary>
internal sealed class ProgressLine : IProgress<Progress>, IDisposable
{
    private const int BarWidth = 30;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(60);

    private readonly bool _visible = !Console.IsErrorRedirected;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _lock = new();
    private TimeSpan _next = Patience;
    private bool _drawn;

    public void Report(Progress value)
    {
        if (!_visible || _clock.Elapsed < _next)
        {
            return;
        }

        lock (_lock)
        {
            if (_clock.Elapsed < _next)
            {
                return;
            }

            _next = _clock.Elapsed + Interval;
            _drawn = true;
            Console.Error.Write($"\r\x1b[K{TextOf(value)}");
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _next = TimeSpan.MaxValue;
            if (_drawn)
            {
                Console.Error.Write("\r\x1b[K");
            }
        }
    }

    private static string TextOf(Progress value)
    {
        if (value.Total is not { } total || total <= 0)
        {
            return $"{value.Activity}: {Amount(value.Done, value.Unit)}";
        }

        var filled = (int)(Math.Clamp((double)value.Done / total, 0, 1) * BarWidth);
        return $"{value.Activity} [{new string('#', filled)}{new string('.', BarWidth - filled)}] {Amount(value.Done, value.Unit)} of {Amount(total, value.Unit)}";
    }

    private static string Amount(long amount, ProgressUnit unit) => unit == ProgressUnit.Bytes
        ? string.Create(CultureInfo.InvariantCulture, $"{amount / 1048576.0:0.0} MiB")
        : amount.ToString(CultureInfo.InvariantCulture);
}
