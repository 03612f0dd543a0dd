using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using NtScope.Desktops.Security;

namespace NtScope.Tests.Desktops;

public class SecurityDescriptorTests
{
    // winlogon's desktop as MSDN's rules for it give it: SYSTEM may do all, Administrators may list and read.
    private static readonly byte[] System = Sid(5, 18);
    private static readonly byte[] Administrators = Sid(5, 32, 544);
    private static readonly byte[] Everyone = Sid(1, 0);

    [Fact]
    public void A_descriptor_comes_out_as_sddl()
    {
        var bytes = Descriptor(System, System, [(0, 0, 0x000f01ff, System), (0, 0, 0x00020041, Administrators)]);

        SecurityDescriptor.TryParse(bytes, out var descriptor, out var problem).ShouldBeTrue(problem);

        SddlWriter.Write(descriptor!).ShouldBe("O:SYG:SYD:(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;SY)(A;;CCDTRC;;;BA)");
    }

    [Fact]
    public void Words_say_who_may_switch_and_who_is_denied()
    {
        var bytes = Descriptor(System, System, [(1, 0, 0x100, Everyone), (0, 0, 0x10000000, System), (0, 0, 0x80000000, Administrators)]);

        SecurityDescriptor.TryParse(bytes, out var descriptor, out _).ShouldBeTrue();
        var words = AccessInWords.Describe(descriptor!);

        words.Contains("may switch to it: nobody; denied: Everyone", StringComparer.Ordinal).ShouldBeTrue();
        words.Contains("may enumerate it: SYSTEM, Administrators", StringComparer.Ordinal).ShouldBeTrue();
        words.Contains("may hook its windows: SYSTEM", StringComparer.Ordinal).ShouldBeTrue();
    }

    [Fact]
    public void An_absent_list_and_an_empty_list_are_told_apart()
    {
        SecurityDescriptor.TryParse(Descriptor(System, System, null), out var open, out _).ShouldBeTrue();
        SecurityDescriptor.TryParse(Descriptor(System, System, []), out var closed, out _).ShouldBeTrue();

        AccessInWords.Describe(open!).ShouldHaveSingleItem().ShouldContain("everybody may do everything");
        AccessInWords.Describe(closed!).ShouldHaveSingleItem().ShouldContain("nobody but the owner");
        SddlWriter.Write(open!).ShouldBe("O:SYG:SYD:NO_ACCESS_CONTROL");
    }

    [Fact]
    public void An_unknown_mask_bit_is_written_in_hexadecimal()
    {
        SecurityDescriptor.TryParse(Descriptor(System, System, [(0, 3, 0x00100001, Sid(5, 21, 1, 2, 3, 1001))]), out var descriptor, out _).ShouldBeTrue();

        SddlWriter.Write(descriptor!).ShouldBe("O:SYG:SYD:(A;OICI;0x100001;;;S-1-5-21-1-2-3-1001)");
    }

    [Fact]
    public void Every_cut_and_every_changed_byte_is_refused_or_read_but_never_thrown_over()
    {
        var whole = Descriptor(System, Administrators, [(0, 0, 0x1ff, Everyone), (1, 0, 0x1, System)]);
        for (var length = 0; length < whole.Length; length++)
        {
            SecurityDescriptor.TryParse(whole.AsSpan(0, length), out _, out var problem).ShouldBeFalse();
            problem.ShouldNotBeNull();
        }

        Prop.ForAll(
            Gen.Choose(0, whole.Length - 1).SelectMany(_ => Gen.Choose(0, 255), (at, value) => (at, value)).ToArbitrary(),
            change =>
            {
                var bytes = whole.ToArray();
                bytes[change.at] = (byte)change.value;
                if (SecurityDescriptor.TryParse(bytes, out var descriptor, out _))
                {
                    SddlWriter.Write(descriptor!).ShouldNotBeNull();
                    AccessInWords.Describe(descriptor!).ShouldNotBeEmpty();
                }
            }).QuickCheckThrowOnFailure();
    }

    internal static byte[] Sid(byte authority, params uint[] subAuthorities)
    {
        var bytes = new byte[8 + (4 * subAuthorities.Length)];
        bytes[0] = 1;
        bytes[1] = (byte)subAuthorities.Length;
        bytes[7] = authority;
        for (var i = 0; i < subAuthorities.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8 + (4 * i)), subAuthorities[i]);
        }

        return bytes;
    }

    internal static byte[] Descriptor(byte[] owner, byte[] group, (byte Type, byte Flags, uint Mask, byte[] Sid)[]? entries)
    {
        var bytes = new List<byte>(new byte[20]);
        var header = new byte[20];
        header[0] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), 0x8004);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), bytes.Count);
        bytes.AddRange(owner);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), bytes.Count);
        bytes.AddRange(group);
        if (entries is not null)
        {
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), bytes.Count);
            var list = new List<byte>();
            foreach (var (type, flags, mask, sid) in entries)
            {
                var entry = new byte[8];
                entry[0] = type;
                entry[1] = flags;
                BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(2), (ushort)(8 + sid.Length));
                BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(4), mask);
                list.AddRange(entry);
                list.AddRange(sid);
            }

            var listHeader = new byte[8];
            listHeader[0] = 2;
            BinaryPrimitives.WriteUInt16LittleEndian(listHeader.AsSpan(2), (ushort)(8 + list.Count));
            BinaryPrimitives.WriteUInt16LittleEndian(listHeader.AsSpan(4), (ushort)entries.Length);
            bytes.AddRange(listHeader);
            bytes.AddRange(list);
        }

        var whole = bytes.ToArray();
        header.CopyTo(whole, 0);
        return whole;
    }
}
