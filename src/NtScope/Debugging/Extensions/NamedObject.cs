using NtScope.Kernel;
using NtScope.Kernel.Objects;

namespace NtScope.Debugging.Extensions;

/// <summary>An object that an argument names by path, by its name in a usual directory, or by its address.</summary>
internal static class NamedObject
{
    /// <summary>Takes the argument and finds the object.</summary>
    /// <param name="session">Evaluates addresses.</param>
    /// <param name="context">The kernel.</param>
    /// <param name="arguments">Where the argument comes next.</param>
    /// <param name="type">The type that the object must have.</param>
    /// <param name="directories">Where a name without a path is looked for.</param>
    /// <exception cref="DebuggerException">There is no such object, or it is of another type.</exception>
    public static VirtualAddress Take(DebuggerSession session, KernelContext context, CommandArguments arguments, string type, IReadOnlyList<string> directories)
    {
        var objects = new ObjectManager(context);
        var space = new ObjectNamespace(context, objects);
        var word = arguments.TakeWord();
        foreach (var path in word.StartsWith('\\') ? [word] : directories.Select(directory => directory + word))
        {
            if (space.Find(path) is { } found) return Checked(objects, found.Object, type);
        }

        if (word.StartsWith('\\'))
        {
            throw new DebuggerException($"{type} object {word} not found");
        }

        try
        {
            return Checked(objects, new VirtualAddress(session.Evaluator.Evaluate(word)), type);
        }
        catch (DebuggerException failure) when (failure.Message.StartsWith("Couldn't resolve", StringComparison.Ordinal))
        {
            throw new DebuggerException($"{type} object {word} not found");
        }
    }

    private static VirtualAddress Checked(ObjectManager objects, VirtualAddress address, string type) =>
        string.Equals(objects.TypeNameOf(address), type, StringComparison.Ordinal)
            ? address
            : throw new DebuggerException($"{address} is no {type} object: its type is {objects.TypeNameOf(address) ?? "unreadable"}");
}
