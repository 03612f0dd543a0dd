using System.Text.RegularExpressions;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Exceptions;

namespace NtScope.Lab.Executive.Debugging;

/// <summary>DbgPrint and its kin, assertions, breakpoints, KeBugCheck.</summary>
internal sealed partial class DebugApis(LabKernel kernel) : IApiFamily
{
    // The kernel prints by way of a buffer of this size; of more, all but a line end is cut off.
    private const int MaximumBytes = 512;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Add("DbgPrint", Irql.High, (in ApiCall call) => Print(call, format: 0, variable: 1, string.Empty));
        table.Add("DbgPrintEx", Irql.High, (in ApiCall call) => Print(call, format: 2, variable: 3, string.Empty));
        table.Add("vDbgPrintEx", Irql.High, (in ApiCall call) => PrintList(call, call[2], call[3], string.Empty));
        table.Add("vDbgPrintExWithPrefix", Irql.High, (in ApiCall call) => PrintList(call, call[3], call[4], kernel.Memory.ReadAnsiString(call[0])));
        table.Void("RtlAssert", Irql.High, Assert);
        table.Void("DbgBreakPoint", Irql.High, (in ApiCall call) => Break(call));
        table.Void("DbgBreakPointWithStatus", Irql.High, (in ApiCall call) => Break(call));
        table.Void("KeBugCheck", Irql.High, (in ApiCall call) => throw Crash(call, 0));
        table.Void("KeBugCheckEx", Irql.High, (in ApiCall call) => throw Crash(call, 4));
    }

    private void Break(in ApiCall call)
    {
        if (kernel.Debugger is not { } debugger)
        {
            throw new GuestException(NtStatus.Breakpoint);
        }

        debugger.OnBreak(call.ReturnAddress);
    }

    private MachineStoppedException Crash(in ApiCall call, int parameters) => kernel.BugCheck(
        (BugCheckCode)call.UInt32(0),
        parameters == 0 ? [0, 0, 0, 0] : [call[1], call[2], call[3], call[4]],
        "the driver called " + call.Entry.Name);

    private ulong Print(in ApiCall call, int format, int variable, string prefix)
    {
        CheckLevel(call, kernel.Memory.ReadAnsiString(call[format]));
        var first = variable;
        var registers = (call[1], call[2], call[3]);
        var stack = call.StackAddress(0);
        var text = PrintFormatter.Format(kernel.Memory, kernel.Memory.ReadAnsiString(call[format]), () =>
        {
            var index = first++;
            return index switch
            {
                1 => registers.Item1,
                2 => registers.Item2,
                3 => registers.Item3,
                _ => kernel.Memory.ReadUInt64(stack + ((ulong)index * 8)),
            };
        });
        Write(prefix + text);
        return 0;
    }

    private void Write(string text)
    {
        kernel.Verifier.ChargeText(text.Length);
        kernel.Debug.Write(text.Length <= MaximumBytes ? text : text[..(MaximumBytes - 1)] + "\n");
    }

    // Wide text is converted by tables that may be paged out.
    private void CheckLevel(in ApiCall call, string format)
    {
        if (kernel.Threads.Current.Irql > Irql.Passive && WideConversion().IsMatch(format))
        {
            kernel.Verifier.Report("irql", $"{call.Entry.Name} converts wide text at IRQL {(int)kernel.Threads.Current.Irql}; it may be done at PASSIVE_LEVEL only", call.Entry.Name);
        }
    }

    // A conversion of a wide string or character: flags, width and precision, then its sort.
    [GeneratedRegex(@"(?:%%)*%[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*)?)?(?:wZ|[wl][sc]|[SC])", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex WideConversion();

    private ulong PrintList(in ApiCall call, ulong format, ulong list, string prefix)
    {
        var text = kernel.Memory.ReadAnsiString(format);
        CheckLevel(call, text);
        Write(prefix + PrintFormatter.Format(kernel.Memory, text, ListReader(list)));
        return 0;
    }

    private Func<ulong> ListReader(ulong list) => () =>
    {
        var value = kernel.Memory.ReadUInt64(list);
        list += 8;
        return value;
    };

    private void Assert(in ApiCall call)
    {
        var text = kernel.Memory.ReadAnsiString(call[0]);
        var file = kernel.Memory.ReadAnsiString(call[1]);
        kernel.Verifier.Report("assertion", $"assertion failed: {text}, {file}, line {call.UInt32(2)}", call.Entry.Name);
    }
}
