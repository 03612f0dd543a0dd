using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>An object of the framework. Drivers hold its handle; when its parent is deleted, so is it.</summary>
internal class FrameworkObject(FrameworkClient client)
{
    /// <summary>The driver that made it.</summary>
    public FrameworkClient Client { get; } = client;

    /// <summary>The handle, which is no address.</summary>
    public ulong Handle { get; set; }

    /// <summary>The object that it goes with; null for the driver's own.</summary>
    public FrameworkObject? Parent { get; set; }

    /// <summary>What goes with it, by handle.</summary>
    public SortedDictionary<ulong, FrameworkObject> Children { get; } = [];

    /// <summary>The driver's memory for it.</summary>
    public List<FrameworkContext> Contexts { get; } = [];

    /// <summary>References: one until it is deleted, and those that the driver took.</summary>
    public int References { get; set; } = 1;

    /// <summary>Whether it still has the reference that it is made with.</summary>
    public bool HasOwnReference { get; set; } = true;

    /// <summary>The call by which the driver last took a reference; null if it took none.</summary>
    public StackTrace? ReferencedBy { get; set; }

    /// <summary>Whether it is on its way out.</summary>
    public bool IsDeleted { get; set; }

    /// <summary>Whether the driver may delete it.</summary>
    public bool IsDeletable { get; set; } = true;

    /// <summary>The level as it was given.</summary>
    public ExecutionLevel Level { get; set; } = ExecutionLevel.InheritFromParent;

    /// <summary>The scope as it was given.</summary>
    public SynchronizationScope Scope { get; set; } = SynchronizationScope.InheritFromParent;

    /// <summary>What makes its callbacks exclude one another; null until they first do.</summary>
    public CallbackLock? Lock { get; set; }

    /// <summary>What is done when it is deleted, before the driver is told; null for nothing.</summary>
    public Action? Disposing { get; set; }

    /// <summary>What is done when the last reference goes; null for nothing.</summary>
    public Action? Destroyed { get; set; }

    /// <summary>The level that counts.</summary>
    public ExecutionLevel EffectiveLevel
    {
        get
        {
            for (var item = this; item is not null; item = item.Parent)
            {
                if (item.Level != ExecutionLevel.InheritFromParent)
                {
                    return item.Level;
                }
            }

            return ExecutionLevel.Dispatch;
        }
    }

    /// <summary>The scope that counts.</summary>
    public SynchronizationScope EffectiveScope
    {
        get
        {
            for (var item = this; item is not null; item = item.Parent)
            {
                if (item.Scope != SynchronizationScope.InheritFromParent)
                {
                    return item.Scope;
                }
            }

            return SynchronizationScope.None;
        }
    }

    /// <summary>The nearest device above it, or itself; null if there is none.</summary>
    public FrameworkDevice? Device => Nearest<FrameworkDevice>();

    /// <summary>The name of its handle type: <c>WDFQUEUE</c>.</summary>
    public string TypeName => HandleNameOf(GetType());

    /// <summary>The nearest object of a type, from itself up.</summary>
    public T? Nearest<T>()
        where T : FrameworkObject
    {
        for (var item = this; item is not null; item = item.Parent)
        {
            if (item is T found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The name of a class's handle type: classes are named as the handle types are.</summary>
    public static string HandleNameOf(Type type) => "WDF" + type.Name["Framework".Length..].ToUpperInvariant();
}
