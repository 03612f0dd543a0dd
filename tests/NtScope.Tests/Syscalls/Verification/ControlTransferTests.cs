using NtScope.Syscalls.Verification;
using NtScope.Testing;

namespace NtScope.Tests.Syscalls.Verification;

/// <summary>The forms in which patched code leads away, of both instruction sets.</summary>
public class ControlTransferTests
{
    private const ulong Wide = 0xFFFFF804_1381A000;
    private const ulong Narrow = 0x804D7000;

    [Theory]
    [InlineData("48B800503012 0D9CFFFF FFE0", "jmp rax")]
    [InlineData("49BB00503012 0D9CFFFF 41FFE3", "jmp r11")]
    [InlineData("FF25000000000050 30120D9CFFFF", "jmp")]
    [InlineData("6800503012 C74424040D9CFFFF C3", "ret")]
    [InlineData("48B8005030120D9CFFFF 50 C3", "ret")]
    [InlineData("90 48B800503012 0D9CFFFF FFE0", "jmp rax")]
    public void On_x64_each_form_is_followed(string code, string text) => Check(8, Wide, code, 0xFFFF9C0D_12305000, text);

    [Theory]
    [InlineData("B8 00503082 FFE0", "jmp eax")]
    [InlineData("BA 00503082 FFE2", "jmp edx")]
    [InlineData("68 00503082 C3", "ret")]
    [InlineData("B8 00503082 50 C3", "ret")]
    [InlineData("E9 FBDFE201", "jmp")]
    [InlineData("FF25 06704D80 00503082", "jmp")]
    public void On_x86_each_form_is_followed(string code, string text) => Check(4, Narrow, code, 0x82305000, text);

    [Theory]
    [InlineData(8, "4C8BD1 B855000000 0F05 C3")]
    [InlineData(8, "4889 5C2408 57 4883EC20 C3")]
    [InlineData(4, "B825000000 BA0003FE7F FF12 C22C00")]
    [InlineData(4, "8BFF 55 8BEC 5D C3")]
    public void Code_that_stays_is_no_transfer(int pointerSize, string code) =>
        ControlTransfer.Follow(Memory(pointerSize, pointerSize == 8 ? Wide : Narrow, code), new VirtualAddress(pointerSize == 8 ? Wide : Narrow)).ShouldBeNull();

    private static void Check(int pointerSize, ulong at, string code, ulong target, string text)
    {
        var found = ControlTransfer.Follow(Memory(pointerSize, at, code), new VirtualAddress(at)).ShouldNotBeNull();
        found.Target.ShouldBe(new VirtualAddress(target));
        found.IsDirect.ShouldBeTrue();
        found.Text.ShouldContain(text);
    }

    private static BufferMemory Memory(int pointerSize, ulong at, string code) =>
        new(new VirtualAddress(at), [.. Convert.FromHexString(code.Replace(" ", string.Empty)), .. new byte[32]], pointerSize);
}
