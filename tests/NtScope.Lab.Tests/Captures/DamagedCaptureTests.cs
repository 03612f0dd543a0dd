using NtScope.Fuzz.Machines;

namespace NtScope.Lab.Tests.Captures;

/// <summary>A short run of what <c>fuzz/NtScope.Fuzz machines</c> does at length.</summary>
public sealed class DamagedCaptureTests
{
    [Fact]
    public void No_damage_makes_a_walk_hang_or_throw_anything_but_a_typed_error()
    {
        var fuzzing = MachineFuzzing.Create();
        for (var seed = 1_000_000; seed < 1_000_200; seed++)
        {
            fuzzing.Run(seed);
        }

        fuzzing.Meter.Failures.ShouldBeEmpty();
        fuzzing.Meter.Cases.ShouldBe(200);
        fuzzing.Unopened.ShouldBeLessThan(100);
    }
}
