using NtScope.Knowledge;
using NtScope.Windows.VirtualDesktops;

namespace NtScope.Windows.Tests.VirtualDesktops;

public class VirtualDesktopTests
{
    private static readonly Guid First = new("11111111-2222-3333-4444-555555555555");
    private static readonly Guid Second = new("66666666-7777-8888-9999-aaaaaaaaaaaa");

    [Fact]
    public void Names_numbers_and_windows_come_together()
    {
        var rows = VirtualDesktopList.Read(new FakeRegistry(), [(Second, "0x00010010 Mail"), (First, "0x00010020 Code")]);

        rows.Select(static row => (row.Number, row.Name, row.Current)).ShouldBe([(1, null, false), (2, "Mail", true)]);
        rows[1].Windows.ShouldBe(["0x00010010 Mail"]);
        VirtualDesktopList.Find(rows, "2").ShouldBe(rows[1]);
        VirtualDesktopList.Find(rows, "mail").ShouldBe(rows[1]);
        VirtualDesktopList.Find(rows, First.ToString()).ShouldBe(rows[0]);
        VirtualDesktopList.Find(rows, "3").ShouldBeNull();
    }

    [Theory]
    [InlineData(19045, 3000, 7, 9, false)]
    [InlineData(20348, 1, 7, 9, true)]
    [InlineData(22000, 1, 7, 9, true)]
    [InlineData(22631, 3155, 7, 9, false)]
    [InlineData(26100, 1, 7, 9, false)]
    public void Every_known_build_has_an_order_of_methods(int build, int revision, int getDesktops, int switchDesktop, bool takesMonitor)
    {
        var identifiers = KnowledgeBase.Embedded.VirtualDesktops.InterfacesFor(build, revision);

        ManagerInternalSlots.For(identifiers!["IVirtualDesktopManagerInternal"], build).ShouldBe(new ManagerInternalSlots(takesMonitor, getDesktops, switchDesktop));
    }

    [Fact]
    public void One_identifier_with_two_orders_is_told_apart_by_build_and_refused_between()
    {
        var shared = new Guid("b2f925b9-5a0f-4d2e-9f4d-2b1507593c10");

        ManagerInternalSlots.For(shared, 22000)!.Value.SwitchDesktop.ShouldBe(9);
        ManagerInternalSlots.For(shared, 22621)!.Value.SwitchDesktop.ShouldBe(10);
        ManagerInternalSlots.For(shared, 22449).ShouldBeNull();
        ManagerInternalSlots.For(Guid.NewGuid(), 26100).ShouldBeNull();
    }

    private sealed class FakeRegistry : IVirtualDesktopRegistry
    {
        public byte[]? Ids => [.. First.ToByteArray(), .. Second.ToByteArray()];

        public byte[]? CurrentId => Second.ToByteArray();

        public string? NameOf(Guid id) => id == Second ? "Mail" : null;
    }
}
