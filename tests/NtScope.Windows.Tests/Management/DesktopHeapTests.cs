using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Windows.Interop;
using NtScope.Windows.Management;

namespace NtScope.Windows.Tests.Management;

/// <summary>A session whose desktop heap is used up. Only Windows has one, so the call that fails for it is stood in for.</summary>
[SupportedOSPlatform("windows")]
public class DesktopHeapTests
{
    private const int NotEnoughMemory = 8;
    private const int NoSystemResources = 1450;

    [Theory]
    [InlineData(NotEnoughMemory)]
    [InlineData(NoSystemResources)]
    public void An_exhausted_heap_is_said_to_be_that_with_what_to_do(int error)
    {
        var refused = Should.Throw<DesktopException>(() => DesktopAccess.Create("Work", _ => Fail(error)));

        refused.Message.ShouldStartWith($"Work cannot be made: the desktop heap of the session is exhausted (error {error}); close a desktop, or raise SharedSection");
        refused.Message.ShouldNotContain("\n");
    }

    [Fact]
    public void Another_refusal_is_not_taken_for_it()
    {
        var refused = Should.Throw<DesktopException>(() => DesktopAccess.Create("Work", static _ => Fail(5)));

        refused.Message.ShouldBe("Work cannot be made: access is denied (error 5)");
    }

    private static DesktopHandle Fail(int error)
    {
        Marshal.SetLastPInvokeError(error);
        return new DesktopHandle();
    }
}
