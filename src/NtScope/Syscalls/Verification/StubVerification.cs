using System.Globalization;
using System.Text;
using NtScope.Images;
using NtScope.Kernel;
using NtScope.Kernel.Locating;
using NtScope.Kernel.Processes;

namespace NtScope.Syscalls.Verification;

/// <summary>
/// Compares the system call stubs that processes have mapped (ntdll, win32u) with the file, else with the page that most processes share: a patched
/// page is a private copy.
/// </summary>
internal sealed class StubVerification(VerificationContext context, ReferenceFiles references)
{
    private const int StubBytes = 24;
    private const ulong PageMask = ~0xFFFUL;

    private static readonly string[] StubModules = ["ntdll.dll", "win32u.dll"];

    /// <summary>Checks all processes that can be read; says in <paramref name="notes"/> what they were compared with.</summary>
    public void Verify(List<string> notes)
    {
        if (context.Target.AddressSpaces is not { } spaces || context.Target.Types is null)
        {
            return;
        }

        var mapped = FindMapped(spaces).ToList();
        if (mapped.Count == 0)
        {
            notes.Add("No process's ntdll can be read in this capture: its stubs are not verified.");
        }

        foreach (var group in mapped.GroupBy(item => (item.Name, item.Start, item.Image.TimeDateStamp, item.Image.SizeOfImage)))
        {
            var file = references.Find(group.First().Image, group.Key.Name);
            var all = group.ToList();
            if (file is null && all.Count < 3)
            {
                notes.Add($"The stubs of {group.Key.Name} are mapped by too few processes to compare them, and its file is not at hand.");
                continue;
            }

            notes.Add($"The stubs of {group.Key.Name} in {all.Count} processes are compared with {(file is null ? "what most of them share" : file.Name)}.");
            Verify(spaces, all, file);
        }
    }

    private void Verify(IAddressSpaces spaces, List<MappedStubs> all, PeImage? file)
    {
        foreach (var stub in StubReader.Read(file ?? all[0].Image))
        {
            var address = all[0].Start + stub.Rva;
            context.Cancellation.ThrowIfCancellationRequested();
            var copies = all.Select(item => (Item: item, Page: spaces.Explain(item.Root, address).Physical)).Where(copy => copy.Page is not null).ToList();
            var pages = copies.GroupBy(copy => copy.Page!.Value.Value & PageMask).OrderByDescending(page => page.Count()).ToList();
            var wanted = new byte[StubBytes];
            if (pages.Count == 0 || (file is null ? Read(pages[0].First().Item, address, wanted) : file.Read(stub.Rva, wanted, out _)) != StubBytes)
            {
                context.CountUnreadable("stubs of processes");
                continue;
            }

            foreach (var page in pages)
            {
                var found = new byte[StubBytes];
                if (Read(page.First().Item, address, found) == StubBytes && !found.AsSpan().SequenceEqual(wanted))
                {
                    foreach (var (item, _) in page)
                    {
                        Add(stub, item, address, wanted, found, file is null ? VerificationEvidence.Structure : VerificationEvidence.File);
                    }
                }
            }
        }
    }

    private static int Read(MappedStubs mapped, VirtualAddress address, byte[] destination) => mapped.Memory.Read(address, destination, out _);

    private void Add(ServiceStub stub, MappedStubs mapped, VirtualAddress address, byte[] wanted, byte[] found, VerificationEvidence evidence)
    {
        var transfer = ControlTransfer.Follow(mapped.Memory, address);
        context.AddForProcess(new VerificationRow
        {
            Kind = VerificationKind.StubPatched,
            Table = stub.Index?.Table ?? ServiceTableKind.Nt,
            Index = stub.Index,
            Name = stub.Name,
            Address = address,
            Expected = Convert.ToHexStringLower(wanted),
            Target = transfer?.Target,
            Owner = transfer is null ? null : mapped.OwnerOf(transfer.Target),
            Evidence = evidence,
            Detail = $"in {mapped.Process} its stub is {Convert.ToHexStringLower(found.AsSpan(0, 12))}, it should be {Convert.ToHexStringLower(wanted.AsSpan(0, 12))}"
                + (transfer is null ? string.Empty : $"; it goes to {transfer.Target} ({transfer.Text})"),
        });
    }

    private IEnumerable<MappedStubs> FindMapped(IAddressSpaces spaces)
    {
        var kernel = new KernelContext(context.Target, context.Cancellation);
        var loaders = new ProcessModules();
        if (kernel.OffsetOf("_EPROCESS", "Peb") is not { } peb
            || kernel.OffsetOf("_EPROCESS", "Pcb.DirectoryTableBase") is not { } table
            || kernel.OffsetOf("_PEB", "Ldr") is not { } loader
            || kernel.OffsetOf("_PEB_LDR_DATA", "InLoadOrderModuleList") is not { } list)
        {
            yield break;
        }

        foreach (var process in ProcessSurvey.Take(kernel, new SurveyOptions { ScanPool = false, Cancellation = context.Cancellation }).Processes)
        {
            if (kernel.ReadPointer(process.Address + table) is not { IsZero: false } root
                || kernel.ReadPointer(process.Address + peb) is not { IsZero: false } block)
            {
                continue;
            }

            var memory = spaces.Open(new PhysicalAddress(root.Value));
            if (!memory.TryReadPointer(block + loader, out var data, out _))
            {
                continue;
            }

            if (loaders.IsUsedUp)
            {
                context.Note($"The processes list more than {Limits.ProcessModules} modules: the stubs of the rest are not verified.");
                yield break;
            }

            var modules = loaders.Read(memory, data + list);
            foreach (var module in modules)
            {
                if (StubModules.Contains(module.Name, StringComparer.OrdinalIgnoreCase) && Open(memory, module) is { } image)
                {
                    yield return new MappedStubs(Describe(kernel, process.Address), module.Name!.ToLowerInvariant(), module.Base, new PhysicalAddress(root.Value), memory, image, modules);
                }
            }
        }
    }

    private static PeImage? Open(IMemory memory, LoadedModule module)
    {
        try
        {
            return PeImage.FromMemory(memory, module.Base, module.Name!);
        }
        catch (InputException)
        {
            return null;
        }
    }

    private static string Describe(KernelContext kernel, VirtualAddress process)
    {
        var name = new byte[15];
        var length = kernel.OffsetOf("_EPROCESS", "ImageFileName") is { } at ? kernel.Memory.Read(process + at, name, out _) : 0;
        var text = Encoding.Latin1.GetString(name, 0, length).Split('\0')[0];
        var id = kernel.OffsetOf("_EPROCESS", "UniqueProcessId") is { } idAt ? kernel.ReadPointer(process + idAt) : null;
        return $"{(text.Length == 0 ? process.ToString() : text)} ({id?.Value.ToString(CultureInfo.InvariantCulture) ?? "?"})";
    }

    private sealed record MappedStubs(
        string Process, string Name, VirtualAddress Start, PhysicalAddress Root, IMemory Memory, PeImage Image, IReadOnlyList<LoadedModule> Modules)
    {
        public string OwnerOf(VirtualAddress address) =>
            Modules.FirstOrDefault(module => address >= module.Base && address - module.Base < module.Size)?.Name ?? "no module";
    }
}
