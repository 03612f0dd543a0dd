using NtScope.Kernel;
using NtScope.Knowledge;
using NtScope.Reports;

namespace NtScope.Syscalls.Verification;

/// <summary>
/// Proves the service tables of a machine: recomputes every entry, argument count, limit and descriptor from the images' files or from knowledge of
/// these very images, and checks where routines lead. What is as it should be gives no row.
/// </summary>
public static class ServiceVerifier
{
    /// <summary>Verifies a machine.</summary>
    /// <param name="target">A capture, a live or a lab machine.</param>
    /// <param name="knowledge">What is known of real builds.</param>
    /// <param name="references">The images' files; null if there are none at hand.</param>
    /// <param name="options">How to walk it.</param>
    /// <exception cref="InputException">The target has no kernel in memory, or none of the files is one of its images.</exception>
    public static Report<VerificationRow> Verify(Target target, KnowledgeBase knowledge, IReferenceImages? references, WalkOptions? options = null)
    {
        var cancellation = options?.Cancellation ?? default;
        if (target.Modules is not [{ Base: not null, Image.IsMapped: true } kernel, ..])
        {
            throw new InputException(target.Summary.Name, "holds no kernel in memory, so there is nothing to verify: name a capture");
        }

        var notes = new List<string>(target.Notes);
        var context = new VerificationContext(target, NamesOf(target, knowledge, cancellation), cancellation);
        var files = new ReferenceFiles(references);
        var expectations = new ExpectedTables(target, knowledge, files, notes);
        var windowManagers = WindowManagers(target, expectations, cancellation).ToList();
        if (expectations.OfKernel(kernel) is { } nt)
        {
            Verify(context, knowledge, nt);
            new DescriptorVerification(context, nt, windowManagers).Verify(
                (table, active) => new TableVerification(context, knowledge, table).VerifyEntries(active, table.Count ?? 0));
        }
        else if (windowManagers.Count == 0)
        {
            throw new InputException(target.Summary.Name, $"no service table could be verified. {string.Join(' ', notes)}");
        }

        foreach (var windowManager in windowManagers)
        {
            Verify(context, knowledge, windowManager);
        }

        new StubVerification(context, files).Verify(notes);
        files.RequireUse();
        notes.AddRange(files.Strangers);
        notes.AddRange(context.Notes());
        var rows = context.Rows.OrderBy(row => row.Table).ThenBy(row => row.Index?.Value ?? 0).ThenBy(row => row.Address).ThenBy(row => row.Sessions is [var first, ..] ? first.Number : null).ToList();
        return new Report<VerificationRow>(VerificationRow.Schema, target.Summary, rows, [.. notes.Distinct(StringComparer.Ordinal)]);
    }

    private static void Verify(VerificationContext context, KnowledgeBase knowledge, ExpectedTable table)
    {
        new TableVerification(context, knowledge, table).Verify();
        new RoutineVerification(context, table).Verify();
    }

    private static IEnumerable<ExpectedTable> WindowManagers(Target target, ExpectedTables expectations, CancellationToken cancellation)
    {
        foreach (var module in target.Modules)
        {
            if (module.Base is null || module.Image is not { } image || ServiceImage.RoleOf(image) != ServiceImageRole.WindowManager)
            {
                continue;
            }

            var memories = target.AddressSpaces is { } spaces && target.Sessions.Count > 0
                ? target.Sessions.Select(session => (Memory: spaces.Open(session.DirectoryTable), Session: (SessionSpace?)session))
                : [(target.Memory, null)];
            foreach (var (memory, session) in memories)
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (var table in expectations.OfWindowManager(module, memory, session))
                {
                    yield return table;
                }
            }
        }
    }

    private static Dictionary<uint, string> NamesOf(Target target, KnowledgeBase knowledge, CancellationToken cancellation)
    {
        // A symbol names the routine that an entry leads to now; what is known of the kernel names the service, whatever was done to its entry.
        var names = new Dictionary<uint, string>();
        if (target.Modules[0].Pdb is { } pdb && knowledge.FindKernel(pdb)?.Services is { } services)
        {
            foreach (var service in services)
            {
                names.Add((uint)service.Index, service.Name);
            }
        }

        try
        {
            foreach (var row in SyscallAnalyser.Analyse(target, knowledge, new SyscallOptions { Cancellation = cancellation }).Rows)
            {
                if (row is { Index: { } index, Name: { } name })
                {
                    names.TryAdd(index.Value, name);
                }
            }
        }
        catch (InputException)
        {
            // A machine whose services cannot be listed can still be verified; its findings have numbers only.
        }

        return names;
    }
}
