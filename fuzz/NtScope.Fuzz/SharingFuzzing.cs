using NtScope.Captures;
using NtScope.Captures.Paging;
using NtScope.Fuzz.Machines;
using NtScope.Kernel.Locating;
using NtScope.Targets;
using NtScope.Testing.Captures;
using NtScope.Testing.Kernel;

namespace NtScope.Fuzz;

/// <summary>
/// Puts questions to captures and machines whose structures are shared: tags, notes, runs, directories, devices, filters, identifiers, sessions. Flipped
/// bits do not make such; here they are built on purpose, of any size, some of them with further damage. A case's number is its seed.
/// </summary>
internal sealed class SharingFuzzing
{
    private const int DamageOneOf = 3;
    private const int MostFlips = 64;

    private static readonly (string Name, Action<Random> Play)[] Kinds =
    [
        ("VMware tags", random => Open(HostileCaptures.VMwareSharedTags(random.Next(1, 4096), Size(random, 300_000)), random)),
        ("ELF notes", random => Open(HostileCaptures.ElfSharedNotes(random.Next(1, 60_000), Size(random, 300_000)), random)),
        ("ELF runs", random => Open(HostileCaptures.ElfSharedRuns(random.Next(1, 60_000), 0x1000 * Size(random, 1024)), random)),
        ("sessions", OpenModules),
        ("kernel", Walk),
    ];

    /// <summary>How the cases ended.</summary>
    public CaseMeter Meter { get; } = new();

    /// <summary>Plays a case.</summary>
    public void Run(int seed)
    {
        var (name, play) = Kinds[seed % Kinds.Length];
        Meter.Run($"case {seed}, {name}", () => play(new Random(seed)));
    }

    // Small sizes as often as large ones.
    private static int Size(Random random, int most) => Math.Max(1, (int)Math.Pow(most, random.NextDouble()));

    private static void Open(byte[] file, Random random)
    {
        if (random.Next(DamageOneOf) == 0)
        {
            for (var flips = random.Next(1, MostFlips); flips > 0; flips--)
            {
                file[random.Next(Math.Min(file.Length, 0x4000))] ^= (byte)(1 << random.Next(8));
            }
        }

        using var target = CaptureTarget.Open(Capture.FromBytes(file, "shared"), new TargetOptions());
        MachineQuestions.Ask(target);
    }

    private static void OpenModules(Random random)
    {
        var machine = new SessionMachine(random.Next(1, Limits.Sessions));
        for (var session = 0; session < machine.Roots.Count; session++)
        {
            if (random.Next(2) == 0)
            {
                machine.MapTornImage(session, pages: 256);
            }
        }

        using var capture = Capture.FromBytes(PlainWriter.Raw(machine.Memory, 1 << 20), "sessions");
        var spaces = new AddressSpaces(capture, PagingMode.FourLevel, new PhysicalAddress(SessionMachine.SystemRoot));
        var images = new ModuleImages(spaces, [.. machine.Roots.Select((root, i) => new SessionSpace((uint)i, new PhysicalAddress(root), default))]);
        for (var i = 0; i < Limits.LoadedModules; i++)
        {
            var start = random.Next(4) switch
            {
                0 => SessionMachine.Shared + (ulong)i * 0x1000,
                1 => (ulong)random.NextInt64(),
                _ => SessionMachine.OwnSpace + (ulong)i * 0x1000,
            };
            images.Open(new LoadedModule(default, new VirtualAddress(start), 0x10000, "module", null));
        }
    }

    private static void Walk(Random random)
    {
        var kernel = new FakeKernel();
        var first = kernel.PoolEnd;
        var space = new FakeNamespace(kernel);
        _ = new FakeProcesses(kernel);
        switch (random.Next(5))
        {
            case 0:
                FakeSharing.AddDirectories(kernel, space, Size(random, 2000));
                break;
            case 1:
                FakeSharing.AddDevices(kernel, space, Size(random, 500), Size(random, 1500));
                break;
            case 2:
                FakeSharing.AddFilters(kernel, Size(random, 1500), Size(random, 1000));
                break;
            case 3:
                FakeSharing.AddSelfIdentifiers(kernel, Size(random, 700));
                break;
            default:
                FakeSharing.AddUnreadableIdentifiers(kernel);
                break;
        }

        if (random.Next(DamageOneOf) == 0)
        {
            for (var flips = random.Next(1, MostFlips); flips > 0; flips--)
            {
                kernel.Flip(first + (ulong)random.NextInt64((long)(kernel.PoolEnd - first)), (byte)(1 << random.Next(8)));
            }
        }

        CaptureQuestions.Ask(kernel.ToTarget(), random.Next(CaptureQuestions.WithoutScan));
    }
}
