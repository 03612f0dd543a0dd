using NtScope.Callbacks.Filters;
using NtScope.Kernel;
using NtScope.Testing.Kernel;

namespace NtScope.Tests.Callbacks;

public class FilterManagerProofTests
{
    private static readonly FilterManagerOffsets Offsets = FilterManagerOffsets.OfBuild(19041);

    private readonly FakeKernel _kernel = new();

    [Theory]
    [InlineData(20, true)]
    [InlineData(Limits.Filters + 1, false)]
    public void More_filters_than_a_machine_can_have_prove_nothing(int filters, bool isProved) =>
        (new FilterManagerProof(new KernelContext(_kernel.ToTarget()), Build(filters), new ProofAllowance()).Fit(Offsets) is not null).ShouldBe(isProved);

    [Fact]
    public void Without_anything_left_to_read_nothing_is_proved()
    {
        var allowance = new ProofAllowance();
        allowance.TryTake(Limits.FilterProofReads - 30);

        new FilterManagerProof(new KernelContext(_kernel.ToTarget()), Build(20), allowance).Fit(Offsets).ShouldBeNull();

        allowance.IsUsedUp.ShouldBeTrue();
    }

    // Filters of one frame, with a shared name, altitude and table of operations.
    private VirtualAddress Build(int filters)
    {
        var frames = _kernel.Allocate("FMgl", 0x10);
        _kernel.InitializeList(frames);
        var frame = _kernel.Allocate("FMfr", 0x600);
        _kernel.InsertTail(frames, frame + 8);
        _kernel.InitializeList(frame + 0xB0);
        var operations = _kernel.Allocate("FMop", 0x40);
        _kernel.WriteByte(operations, 4);
        _kernel.WritePointer(operations + 8, _kernel.Base);
        _kernel.WriteByte(operations + 0x20, 0x80);
        for (var i = 0; i < filters; i++)
        {
            var filter = _kernel.Allocate("FMfl", 0x300);
            _kernel.InsertTail(frame + 0xB0, filter + 0x10);
            _kernel.WritePointer(filter + Offsets.ObjectSize, frame);
            _kernel.WriteText(filter + Offsets.ObjectSize + 0x08, "filter");
            _kernel.WriteText(filter + Offsets.ObjectSize + 0x18, "320000");
            _kernel.InitializeList(filter + Offsets.ObjectSize + 0xA0);
            _kernel.WritePointer(filter + Offsets.ObjectSize + Offsets.Operations, operations);
        }

        return frames;
    }
}
