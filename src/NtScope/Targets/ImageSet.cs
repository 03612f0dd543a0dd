namespace NtScope.Targets;

/// <summary>The images of a target, closed together.</summary>
internal sealed class ImageSet(IReadOnlyList<Module> modules) : IDisposable
{
    public void Dispose()
    {
        foreach (var module in modules)
        {
            module.Image?.Dispose();
        }
    }
}
