namespace NtScope.Kernel.Objects;

/// <summary>The objects of one directory of the namespace (_OBJECT_DIRECTORY: hash buckets of chains of _OBJECT_DIRECTORY_ENTRY).</summary>
/// <param name="Places">The objects with the buckets that they stand in, bucket by bucket.</param>
/// <param name="Problem">Why some are missing, as a sentence; null if none are.</param>
public sealed record ObjectDirectory(IReadOnlyList<(int Bucket, VirtualAddress Object)> Places, string? Problem)
{
    /// <summary>The objects, bucket by bucket.</summary>
    public IEnumerable<VirtualAddress> Objects => Places.Select(place => place.Object);

    /// <summary>Reads a directory.</summary>
    public static ObjectDirectory Read(KernelContext context, VirtualAddress directory)
    {
        var objects = new List<(int, VirtualAddress)>();
        if (context.At("_OBJECT_DIRECTORY", directory).AddressOf("HashBuckets") is not { } buckets)
        {
            return new ObjectDirectory(objects, null);
        }

        string? problem = null;
        var seen = new HashSet<VirtualAddress>();
        var count = Math.Min(context.PlaceOf("_OBJECT_DIRECTORY", "HashBuckets")!.Type.Count, Limits.DirectoryBuckets);
        for (uint bucket = 0; bucket < count; bucket++)
        {
            if (context.ReadPointer(buckets + bucket * context.PointerSize) is not { } entry)
            {
                problem = $"Bucket {bucket} of the directory at {directory} cannot be read.";
                continue;
            }

            while (!entry.IsZero)
            {
                var view = context.At("_OBJECT_DIRECTORY_ENTRY", entry);
                if (!seen.Add(entry) || objects.Count >= Limits.NamespaceObjects
                    || view.Pointer("Object") is not { IsZero: false } body || view.Pointer("ChainLink") is not { } next)
                {
                    problem = $"Bucket {bucket} of the directory at {directory} breaks off at {entry}: it is cyclic, cannot be read or holds no object.";
                    break;
                }

                objects.Add(((int)bucket, body));
                entry = next;
            }
        }

        return new ObjectDirectory(objects, problem);
    }
}
