using System.Text;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Kernel;

/// <summary>Writes what tells the version, the time and the memory of the running system: the page shared with user mode and the kernel's variables.</summary>
internal sealed class SystemVariables(MachineContext context, int processors)
{
    /// <summary>Where the kernel maps the shared page.</summary>
    public VirtualAddress SharedData { get; } = new(context.PointerSize == sizeof(ulong) ? 0xFFFF_F780_0000_0000 : 0xFFDF_0000);

    private const ulong FreeBuild = 0xF000_0000;

    // The branch that a build comes from, as the build's laboratory names it.
    private static readonly (int Build, string Branch)[] Branches =
    [
        (0, "xpsp_sp3_gdr"), (3790, "srv03_sp2_gdr"), (6000, "vista_gdr"), (7600, "win7sp1_ldr"), (9200, "win8_gdr"), (9600, "winblue_ltsb"), (10240, "th1"), (10586, "th2_release"), (14393, "rs1_release"), (15063, "rs2_release"),
        (16299, "rs3_release"), (17134, "rs4_release"), (17763, "rs5_release"), (18362, "19h1_release"), (19041, "vb_release"), (20348, "fe_release"),
        (22000, "co_release"), (22621, "ni_release"), (26100, "ge_release"),
    ];

    // Lists that are empty on this machine, or get their entries later.
    private static readonly string[] ListHeads =
    [
        "ExpSystemResourcesList", "KeBugCheckCallbackListHead", "KeBugCheckReasonCallbackListHead", "IopErrorLogListHead", "MmLoadedUserImageList", "CallbackListHead",
        "IopNotifyShutdownQueueHead", "IopNotifyLastChanceShutdownQueueHead", "IopFsNotifyChangeQueueHead",
    ];

    private static readonly string[] SingleListHeads = ["SeFileSystemNotifyRoutinesHead", "SeFileSystemNotifyRoutinesExHead", "KiNmiCallbackListHead"];

    /// <summary>The text of <c>NtBuildLab</c>: build, revision, architecture, branch and date.</summary>
    public string BuildLab =>
        $"{context.Version.Build}.{context.Version.Revision}.{(context.IsNarrow ? "x86" : "amd64")}fre.{Branches.Last(branch => branch.Build <= context.Version.Build).Branch}.190318-1202";

    /// <summary>Writes the shared page and returns its physical address, so that processes map it too.</summary>
    public PhysicalAddress WriteSharedData()
    {
        var region = context.System.Allocate(SharedData, PhysicalRam.PageSize, PageAccess.Read);
        var shared = context.At("_KUSER_SHARED_DATA", SharedData)
            .Set("NtMajorVersion", (ulong)context.Version.Major).Set("NtMinorVersion", (ulong)context.Version.Minor)
            .SetIfPresent("NtBuildNumber", FreeBuild | (uint)context.Version.Build).Set("NtProductType", 1).Set("ProductTypeIsValid", 1)
            .Set("SuiteMask", 0x110).SetIfPresent("ActiveProcessorCount", (ulong)processors).SetIfPresent("NumberOfPhysicalPages", context.System.Ram.Size / PhysicalRam.PageSize)
            .Set("ImageNumberLow", ImageNumber).Set("ImageNumberHigh", ImageNumber).SetIfPresent("Cookie", (ulong)context.Random.Next()).SetIfPresent("TickCountMultiplier", 0x0FA0_0000)
            .SetBytes("NtSystemRoot", Encoding.Unicode.GetBytes("C:\\Windows"));
        WriteTime(shared.AddressOf("SystemTime"), LabClock.Now);
        WriteTime(shared.AddressOf("InterruptTime"), LabClock.Now - LabClock.Boot);
        if (shared.Has("TickCount"))
        {
            WriteTime(shared.AddressOf("TickCount"), (LabClock.Now - LabClock.Boot) / 156_250);
        }

        return region.Physical;
    }

    private ulong ImageNumber => context.IsNarrow ? 0x14Cu : 0x8664u;

    /// <summary>Writes the time into the shared page.</summary>
    /// <param name="now">The time, as a Windows file time.</param>
    /// <param name="sinceStart">The time since the machine was started, in units of 100 ns.</param>
    public void WriteTimes(long now, long sinceStart)
    {
        var shared = context.At("_KUSER_SHARED_DATA", SharedData);
        WriteTime(shared.AddressOf("SystemTime"), now);
        WriteTime(shared.AddressOf("InterruptTime"), sinceStart);
        if (shared.Has("TickCount"))
        {
            WriteTime(shared.AddressOf("TickCount"), sinceStart / 156_250);
        }
    }

    /// <summary>Writes the kernel's variables.</summary>
    public void Write()
    {
        var kernel = context.Kernel;
        var space = context.System;
        space.WriteUInt32(kernel.AddressOf("NtBuildNumber", 4), (uint)(FreeBuild | (uint)context.Version.Build));
        space.Write(kernel.AddressOf("NtBuildLab", 64), Encoding.ASCII.GetBytes(BuildLab + '\0'));
        space.WriteUInt32(kernel.AddressOf("KeNumberProcessors", 4), (uint)processors);
        space.WriteUInt32(kernel.AddressOf("CmNtCSDVersion", 4), context.Version.Build == 7601 ? 0x100u : 0);
        space.WriteUInt32(kernel.AddressOf("KeTimeIncrement", 4), 156_250);
        var userEnd = context.IsNarrow ? 0x7FFF_0000ul : context.Version.Build < 9200 ? 0x7FF_FFFF_0000ul : 0x7FFF_FFFF_0000;
        WriteWord("MmHighestUserAddress", userEnd - 1);
        WriteWord("MmUserProbeAddress", userEnd);
        WriteWord("MmSystemRangeStart", space.Paging.FirstKernelAddress);
        WriteWord("MmLowestPhysicalPage", 1);
        WriteWord("MmHighestPhysicalPage", space.Ram.Ranges[^1].End.Value / PhysicalRam.PageSize - 1);
        WriteWord("MmNumberOfPhysicalPages", PagesOf(space.Ram));
        foreach (var head in ListHeads)
        {
            context.InitializeList(kernel.AddressOf(head, 16));
        }

        foreach (var head in SingleListHeads)
        {
            kernel.AddressOf(head);
        }

        WriteMemoryBlock();
        if (kernel.TryGetAddress("MmPteBase", out var pteBase))
        {
            space.WritePointer(pteBase, space.PteBase);
        }

        void WriteWord(string variable, ulong value) => space.WritePointer(kernel.AddressOf(variable), new VirtualAddress(value));
    }

    private static ulong PagesOf(PhysicalRam ram) => ram.Ranges.Aggregate(0ul, (pages, range) => pages + range.Length / PhysicalRam.PageSize);

    private void WriteMemoryBlock()
    {
        var (space, pointer) = (context.System, context.PointerSize);
        var ranges = space.Ram.Ranges;
        var block = context.NonPagedPool.Allocate((int)pointer * 2 * (1 + ranges.Count), PoolTag.Of("MmPh"));
        space.WriteUInt32(block, (uint)ranges.Count);
        Write(1, PagesOf(space.Ram));
        for (var index = 0u; index < ranges.Count; index++)
        {
            Write(2 + 2 * index, ranges[(int)index].Start.Value / PhysicalRam.PageSize);
            Write(3 + 2 * index, ranges[(int)index].Length / PhysicalRam.PageSize);
        }

        space.WritePointer(context.Kernel.AddressOf("MmPhysicalMemoryBlock"), block);

        void Write(uint word, ulong value) => space.WritePointer(block + word * pointer, new VirtualAddress(value));
    }

    // _KSYSTEM_TIME: the low part, the high part, and the high part again.
    private void WriteTime(VirtualAddress address, long time)
    {
        context.System.WriteUInt64(address, (ulong)time);
        context.System.WriteUInt32(address + 8, (uint)(time >> 32));
    }
}
