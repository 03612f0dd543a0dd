namespace NtScope.Tests.Symbols;

internal static class RealKernels
{
    public const string Seed = "kernels/ntkrnlmp-10.0.18362.476-90F5E1C8BBE1FE1FB8A714305EE06F36-1.json.gz";
}
