using System.Net;
using NtScope.Images;

namespace NtScope.Symbols.Stores;

/// <summary>Asks a symbol server over HTTP and keeps what it sends in a store, once its identity is proven.</summary>
internal sealed class SymbolServer(IProgress<SymbolDownload>? progress) : IDisposable
{
    private const int Redirections = 8;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);
    private readonly Lazy<HttpClient> _client = new(() => new HttpClient(new SocketsHttpHandler
    {
        MaxAutomaticRedirections = Redirections,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        AutomaticDecompression = DecompressionMethods.None,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    });
    private readonly Lock _lock = new();

    /// <summary>The symbols of <paramref name="identity"/> from <paramref name="server"/>, now in <paramref name="store"/>; null if it has none.</summary>
    public ISymbolFile? Download(string server, SymbolStore store, PdbIdentity identity, List<SymbolAttempt> attempts, CancellationToken cancellation)
    {
        // One download at a time: the next caller then finds what this one has kept.
        lock (_lock)
        {
            var root = server.TrimEnd('/') + "/";
            var path = SymbolStore.RelativePath(identity, hasThreeTiers: false);
            foreach (var address in (string[])[root + path, root + SymbolStore.PackedName(path), root + SymbolStore.RelativePath(identity, hasThreeTiers: true)])
            {
                try
                {
                    var kept = store.Keep(identity, target => Receive(address, target, identity.FileName, cancellation));
                    attempts.Add(new SymbolAttempt(address, "downloaded"));
                    return SymbolCandidate.Open(kept, identity, attempts);
                }
                catch (HttpRequestException failure) when (failure.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
                {
                    attempts.Add(new SymbolAttempt(address, "not there"));
                }
                catch (Exception failure) when (failure is HttpRequestException or InputException or IOException or UnauthorizedAccessException or UriFormatException or TimeoutException)
                {
                    attempts.Add(new SymbolAttempt(address, failure.Message));
                    if (failure is not InputException) return null;
                }
            }

            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_client.IsValueCreated) _client.Value.Dispose();
    }

    private void Receive(string address, Stream target, string name, CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(Silence);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            using var response = _client.Value.Send(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            response.EnsureSuccessStatusCode();
            var isPacked = address.EndsWith('_');
            using var unpacking = isPacked ? new MemoryStream() : null;
            Copy(response, address, unpacking ?? target, silence, silence.Token);
            if (unpacking is not null)
            {
                unpacking.Position = 0;
                target.Write(Cabinet.UnpackOnly(unpacking, name));
            }
        }
        catch (OperationCanceledException failure) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"the server sent nothing for {Silence.TotalSeconds} seconds", failure);
        }
    }

    private void Copy(HttpResponseMessage response, string address, Stream target, CancellationTokenSource silence, CancellationToken cancellation)
    {
        var total = response.Content.Headers.ContentLength;
        using var body = response.Content.ReadAsStream(cancellation);
        var buffer = new byte[1 << 16];
        var received = 0L;
        for (int read; (read = body.ReadAsync(buffer, cancellation).AsTask().GetAwaiter().GetResult()) > 0;)
        {
            silence.CancelAfter(Silence);
            received += read;
            if (received > Limits.SymbolFileBytes)
            {
                throw new InputException(address, $"the server sends more than {Limits.SymbolFileBytes >> 20} MB");
            }

            target.Write(buffer, 0, read);
            progress?.Report(new SymbolDownload(address, received, total));
        }

        if (total is { } expected && received != expected)
        {
            throw new IOException($"the connection ended after {received} of {expected} bytes");
        }
    }
}
