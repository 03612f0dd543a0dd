using System.Diagnostics;
using NtScope;
using NtScope.Fuzz;
using NtScope.Fuzz.Machines;

// usage: NtScope.Fuzz [target|machines|sharing|all] [cases] [first case]
// A case's number is its seed, so "NtScope.Fuzz images 1 4711" runs case 4711 of the images again. "all" is all targets; machines and sharing are apart.
IFuzzTarget[] targets = [new ImageFuzzTarget(), new PdbFuzzTarget(), new CaptureFuzzTarget(), new DriverFuzzTarget(), new RoutineFuzzTarget(), new DebuggerFuzzTarget()];
var wanted = args.Length > 0 ? args[0] : "all";
var cases = args.Length > 1 ? int.Parse(args[1]) : 100_000;
var first = args.Length > 2 ? int.Parse(args[2]) : 0;
if (wanted == "machines")
{
    var machines = MachineFuzzing.Create();
    return Play("machines", machines.Meter, machines.Run, () => $", {machines.Unopened} of them could not be opened");
}

if (wanted == "sharing")
{
    var sharing = new SharingFuzzing();
    return Play("sharing", sharing.Meter, sharing.Run, () => string.Empty);
}

var chosen = Array.FindAll(targets, target => wanted == "all" || target.Name == wanted);
if (chosen.Length == 0)
{
    Console.Error.WriteLine($"there is no target {wanted}; there are {string.Join(", ", targets.Select(target => target.Name))} and all");
    return 2;
}

var failures = 0;
foreach (var target in chosen)
{
    var (accepted, refused, slowest) = (0, 0, TimeSpan.Zero);
    var watch = Stopwatch.StartNew();
    for (var i = first; i < first + cases; i++)
    {
        var input = new Mutator(new Random(i)).Mutate(target.Seeds);
        using var hang = CaseWatch.Start(target.Name, i, input);
        var start = watch.Elapsed;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        string? failure = null;
        try
        {
            target.Read(input);
            accepted++;
        }
        catch (InputException)
        {
            refused++;
        }
        catch (Exception problem)
        {
            failure = problem.ToString();
        }

        var elapsed = watch.Elapsed - start;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (elapsed > FuzzBounds.Time && failure is null)
        {
            // On a busy machine a case may only have waited: it counts as slow if it is slow twice.
            start = watch.Elapsed;
            TryRead(target, input);
            elapsed = watch.Elapsed - start;
        }

        slowest = elapsed > slowest ? elapsed : slowest;
        if (elapsed > FuzzBounds.Time || allocated > FuzzBounds.Allocation)
        {
            failure ??= $"took {elapsed.TotalMilliseconds:f0} ms and {allocated >> 20} MB";
        }

        if (failure is not null)
        {
            failures++;
            var path = CaseWatch.PathOf(target.Name, i);
            File.WriteAllBytes(path, input);
            Console.WriteLine($"{target.Name} case {i} ({path}): {failure}");
            if (failures >= FuzzBounds.Failures)
            {
                return 1;
            }
        }
    }

    Console.WriteLine(
        $"{target.Name}: {cases} cases from {first} in {watch.Elapsed.TotalSeconds:f0} s, {accepted} accepted, {refused} refused, slowest {slowest.TotalMilliseconds:f0} ms");
}

Console.WriteLine($"{failures} failures");
return failures == 0 ? 0 : 1;

static void TryRead(IFuzzTarget target, byte[] input)
{
    try
    {
        target.Read(input);
    }
    catch (InputException)
    {
        // Refusing is right; only the time counts here.
    }
}

int Play(string name, CaseMeter meter, Action<int> run, Func<string> further)
{
    var (watch, reported) = (Stopwatch.StartNew(), 0);
    for (var i = first; i < first + cases && meter.Failures.Count < FuzzBounds.Failures; i++)
    {
        using var hang = new Timer(_ => Environment.FailFast($"{name} case {i} does not end"), null, FuzzBounds.Hang, Timeout.InfiniteTimeSpan);
        run(i);
        for (; reported < meter.Failures.Count; reported++)
        {
            Console.WriteLine(meter.Failures[reported]);
        }

        if (meter.Cases % FuzzBounds.ReportedCases == 0)
        {
            Console.WriteLine(Tally());
        }
    }

    Console.WriteLine(Tally());
    Console.WriteLine($"{meter.Failures.Count} failures");
    return meter.Failures.Count == 0 ? 0 : 1;

    string Tally() =>
        $"{name}: {meter.Cases} cases from {first} in {watch.Elapsed.TotalSeconds:f0} s, {meter.Refused} refused{further()}, slowest {meter.Slowest.TotalMilliseconds:f0} ms, most {meter.MostBytes >> 20} MB";
}
