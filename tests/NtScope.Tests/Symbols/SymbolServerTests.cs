using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using NtScope.Images;
using NtScope.Symbols;
using NtScope.Testing.Symbols;

namespace NtScope.Tests.Symbols;

public sealed class SymbolServerTests : IDisposable
{
    private const string Place = "/ntkrnlmp.pdb/90F5E1C8BBE1FE1FB8A714305EE06F361/ntkrnlmp.pdb";
    private static readonly PdbIdentity Wanted = new("ntkrnlmp.pdb", new Guid("90F5E1C8-BBE1-FE1F-B8A7-14305EE06F36"), 1);
    private readonly string _store = Directory.CreateTempSubdirectory("ntscope-server-").FullName;
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly string _address;
    private Action<HttpListenerContext> _answer = context => context.Response.StatusCode = 404;

    public SymbolServerTests()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            _address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        }

        _listener.Prefixes.Add(_address + "/");
        _listener.Start();
        _ = Task.Run(Serve);
    }

    private SymbolPath ServerPath => SymbolPath.Parse($"srv*{_store}*{_address}");

    private string Kept => Path.Combine(_store, Place[1..]);

    public void Dispose()
    {
        _listener.Close();
        Directory.Delete(_store, recursive: true);
    }

    [Fact]
    public void A_download_is_kept_and_not_asked_for_again()
    {
        var pdb = SymbolResolverTests.Pdb(Wanted, fillers: 5000);
        _answer = context => Send(context, pdb);
        var progress = new Progress();
        using var resolver = new SymbolResolver(ServerPath, progress);
        for (var i = 0; i < 2; i++)
        {
            using var found = resolver.Find(Wanted, TestContext.Current.CancellationToken).File;
            found.ShouldNotBeNull().Path.ShouldBe(Kept);
        }

        _requests.ToArray().ShouldBe([Place]);
        File.ReadAllBytes(Kept).ShouldBe(pdb);
        progress.Seen[^1].ShouldBe(new SymbolDownload(_address + Place, pdb.Length, pdb.Length));
        Leftovers().ShouldBeEmpty();
    }

    [Fact]
    public void A_packed_file_and_a_store_of_three_tiers_are_asked_for_when_the_plain_one_is_missing()
    {
        _answer = context =>
        {
            if (context.Request.Url!.AbsolutePath == "/nt" + Place) Send(context, SymbolResolverTests.Pdb(Wanted));
            else context.Response.StatusCode = 404;
        };
        using var resolver = new SymbolResolver(ServerPath);
        resolver.Find(Wanted, TestContext.Current.CancellationToken).File.ShouldNotBeNull().Dispose();
        _requests.ToArray().ShouldBe([Place, Place[..^1] + "_", "/nt" + Place]);

        Directory.Delete(Path.Combine(_store, "ntkrnlmp.pdb"), recursive: true);
        _answer = context =>
        {
            if (context.Request.Url!.AbsolutePath.EndsWith('_')) Send(context, CabinetBuilder.Pack(SymbolResolverTests.Pdb(Wanted)));
            else context.Response.StatusCode = 404;
        };
        resolver.Find(Wanted, TestContext.Current.CancellationToken).File.ShouldNotBeNull().Path.ShouldBe(Kept);
    }

    [Fact]
    public void Redirections_are_followed()
    {
        _answer = context =>
        {
            if (context.Request.Url!.AbsolutePath == Place) context.Response.Redirect(_address + "/blob/1");
            else Send(context, SymbolResolverTests.Pdb(Wanted));
        };
        using var resolver = new SymbolResolver(ServerPath);
        resolver.Find(Wanted, TestContext.Current.CancellationToken).File.ShouldNotBeNull().Dispose();
    }

    [Fact]
    public void A_body_that_ends_early_is_not_kept_and_the_next_try_succeeds()
    {
        var pdb = SymbolResolverTests.Pdb(Wanted, fillers: 5000);
        _answer = context =>
        {
            context.Response.ContentLength64 = pdb.Length;
            context.Response.OutputStream.Write(pdb, 0, pdb.Length / 2);
            context.Response.OutputStream.Flush();
            context.Response.Abort();
        };
        using var resolver = new SymbolResolver(ServerPath);
        resolver.Find(Wanted, TestContext.Current.CancellationToken).File.ShouldBeNull();
        File.Exists(Kept).ShouldBeFalse();
        Leftovers().ShouldBeEmpty();
        _answer = context =>
        {
            context.Response.SendChunked = true;
            context.Response.OutputStream.Write(pdb, 0, pdb.Length / 2);
        };
        resolver.Find(Wanted, TestContext.Current.CancellationToken).Attempts.ShouldContain(attempt => attempt.Outcome.Contains("truncated", StringComparison.Ordinal));
        File.Exists(Kept).ShouldBeFalse();
        _answer = context => Send(context, pdb);
        resolver.Find(Wanted, TestContext.Current.CancellationToken).File.ShouldNotBeNull().Dispose();
    }

    [Fact]
    public void A_file_of_another_image_or_of_another_kind_is_not_kept()
    {
        _answer = context => Send(context, SymbolResolverTests.Pdb(Wanted with { Age = 2 }));
        using var resolver = new SymbolResolver(ServerPath);
        var search = resolver.Find(Wanted, TestContext.Current.CancellationToken);
        search.File.ShouldBeNull();
        search.Attempts.ShouldContain(attempt => attempt.Outcome.Contains("of another image", StringComparison.Ordinal));
        _answer = context => Send(context, "<html>sign in</html>"u8.ToArray());
        resolver.Find(Wanted, TestContext.Current.CancellationToken).File.ShouldBeNull();
        File.Exists(Kept).ShouldBeFalse();
        Leftovers().ShouldBeEmpty();
    }

    [Fact]
    public void A_server_that_is_not_there_is_a_result_that_says_so()
    {
        _listener.Stop();
        using var resolver = new SymbolResolver(ServerPath);
        var search = resolver.Find(Wanted, TestContext.Current.CancellationToken);
        search.File.ShouldBeNull();
        search.Attempts[^1].Place.ShouldBe(_address + Place);
        (search.Attempts[^1].Outcome is "not there" or "found").ShouldBeFalse(search.Attempts[^1].Outcome);
    }

    [Fact]
    public void Many_at_once_get_the_same_whole_file()
    {
        var pdb = SymbolResolverTests.Pdb(Wanted, fillers: 3000);
        _answer = context => Send(context, pdb);
        Parallel.For(0, 16, _ =>
        {
            using var resolver = new SymbolResolver(ServerPath);
            using var found = resolver.Find(Wanted, TestContext.Current.CancellationToken).File;
            found.ShouldNotBeNull().Symbols.Count.ShouldBe(3001);
        });
        File.ReadAllBytes(Kept).ShouldBe(pdb);
        Leftovers().ShouldBeEmpty();
    }

    [Fact]
    public void A_download_can_be_cancelled_and_leaves_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        _answer = context =>
        {
            context.Response.SendChunked = true;
            context.Response.OutputStream.Write(new byte[4096]);
            context.Response.OutputStream.Flush();
            cancellation.Cancel();
            Thread.Sleep(200);
        };
        using var resolver = new SymbolResolver(ServerPath);
        Should.Throw<OperationCanceledException>(() => resolver.Find(Wanted, cancellation.Token));
        Leftovers().ShouldBeEmpty();
    }

    private static void Send(HttpListenerContext context, byte[] body)
    {
        context.Response.ContentLength64 = body.Length;
        context.Response.OutputStream.Write(body);
    }

    private string[] Leftovers() => Directory.GetFiles(_store, "*.partial", SearchOption.AllDirectories);

    private async Task Serve()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                _requests.Enqueue(context.Request.Url!.AbsolutePath);
                _ = Task.Run(() =>
                {
                    try
                    {
                        _answer(context);
                        context.Response.Close();
                    }
                    catch (Exception failure) when (failure is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
                    {
                        // The client went away, which is what some tests are about.
                    }
                });
            }
            catch (Exception failure) when (failure is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private sealed class Progress : IProgress<SymbolDownload>
    {
        public List<SymbolDownload> Seen { get; } = [];

        public void Report(SymbolDownload value) => Seen.Add(value);
    }
}
