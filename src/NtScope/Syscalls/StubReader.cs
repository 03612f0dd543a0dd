using NtScope.Images;
using NtScope.Reports;

namespace NtScope.Syscalls;

/// <summary>Reads the system call stubs of a user-mode module: ntdll, win32u, iumdll, of Windows or Wine.</summary>
public sealed class StubReader
{
    private const int ShownBytes = 16;
    private const uint SmallestStub = 8;
    private const uint LargestStub = 0x40;

    private readonly PeImage _image;
    private readonly InstructionReader _code;
    private readonly UserModeCode _userMode;
    private readonly List<ServiceStub> _stubs = [];
    private readonly List<(string Name, uint Rva, bool HasTwin)> _others = [];

    private StubReader(PeImage image)
    {
        _image = image;
        _code = new InstructionReader(image);
        _userMode = new UserModeCode(image, _code);
    }

    /// <summary>
    /// The stubs behind the exports <c>Nt…</c>, <c>Zw…</c> and <c>Ium…</c>, ascending by index, those without one last. An export that has
    /// a service's name but is an ordinary function is left out; one whose stub was changed stands here with a finding <c>hooked-stub</c>.
    /// </summary>
    public static IReadOnlyList<ServiceStub> Read(PeImage image)
    {
        var reader = new StubReader(image);
        reader.ReadExports();
        reader.JudgeOthers();
        reader._stubs.Sort((left, right) => (left.Index?.Value ?? uint.MaxValue, left.Rva).CompareTo((right.Index?.Value ?? uint.MaxValue, right.Rva)));
        return reader._stubs;
    }

    private void ReadExports()
    {
        var twins = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var function in _image.Exports.Functions)
        {
            if (IsServiceName(function, "Zw"))
            {
                twins[function.Name!] = function.Rva;
            }
        }

        foreach (var function in _image.Exports.Functions)
        {
            if (IsServiceName(function, "Nt"))
            {
                var hasTwin = twins.Remove(string.Concat("Zw", function.Name.AsSpan(2)), out var twin);
                ReadExport(function.Name!, function.Rva, hasTwin);
                if (hasTwin && twin != function.Rva)
                {
                    ReadDifferentTwin(function.Name!, function.Rva, twin);
                }
            }
            else if (IsServiceName(function, "Ium"))
            {
                ReadExport(function.Name!, function.Rva, hasTwin: false);
            }
        }

        foreach (var (name, rva) in twins)
        {
            ReadExport(string.Concat("Nt", name.AsSpan(2)), rva, hasTwin: false);
        }
    }

    private void ReadExport(string name, uint rva, bool hasTwin)
    {
        if (TryDecode(rva, out var pattern))
        {
            _stubs.Add(Stub(name, rva, pattern));
        }
        else
        {
            _others.Add((name, rva, hasTwin));
        }
    }

    /// <summary>Both names of a service lead to one stub; if they do not, someone changed the export table.</summary>
    private void ReadDifferentTwin(string name, uint rva, uint twin)
    {
        var detail = $"{name} is exported at 0x{rva:x}, Zw{name.AsSpan(2)} at 0x{twin:x}; both names belong to one stub";
        var findings = new[] { new Finding("export-redirected", detail) };
        var last = _stubs.Count - 1;
        if (last >= 0 && _stubs[last].Rva == rva)
        {
            _stubs[last] = _stubs[last] with { Findings = findings };
        }
        else if (TryDecode(twin, out var pattern))
        {
            _others.RemoveAt(_others.Count - 1);
            _stubs.Add(Stub(name, twin, pattern) with { Findings = findings });
        }
    }

    private void JudgeOthers()
    {
        if (_others.Count == 0)
        {
            return;
        }

        var byRva = _stubs.ToArray();
        Array.Sort(byRva, (left, right) => left.Rva.CompareTo(right.Rva));
        foreach (var (name, rva, hasTwin) in _others)
        {
            var index = IndexFromNeighbours(byRva, rva);
            var isChanged = index is not null
                ? !_userMode.IsOrdinaryFunction(rva)
                : _stubs.Count > 0 && (_userMode.LeavesModule(rva) || (hasTwin && _userMode.BeginsAsStub(rva)));
            if (isChanged)
            {
                _stubs.Add(new ServiceStub(name, rva, index, StubForm.Unknown, 0, null, [Describe(rva, index)]));
            }
        }
    }

    private Finding Describe(uint rva, ServiceIndex? index)
    {
        _code.MoveTo(rva);
        var bytes = _code.Bytes[..Math.Min(ShownBytes, _code.Bytes.Length)];
        if (bytes.Length == 0)
        {
            return new Finding("unreadable-stub", $"the stub at 0x{rva:x} cannot be read: {_code.Fault}");
        }

        var number = index is null ? string.Empty : $"; the stubs before and behind it leave {index} for it";
        return new Finding("hooked-stub", $"the stub at 0x{rva:x} begins with {Convert.ToHexString(bytes)}, which is no form of a system call{number}");
    }

    /// <summary>Stubs stand at equal distances in the order of their numbers: a changed one has a number between its neighbours'.</summary>
    private static ServiceIndex? IndexFromNeighbours(ServiceStub[] byRva, uint rva)
    {
        var above = FirstAbove(byRva, rva);
        if (above == 0 || above == byRva.Length || byRva[above - 1].Index is not { } before || byRva[above].Index is not { } behind || behind <= before)
        {
            return null;
        }

        var (start, count) = (byRva[above - 1].Rva, behind.Value - before.Value);
        var step = (byRva[above].Rva - start) / count;
        return step is >= SmallestStub and <= LargestStub && byRva[above].Rva - start == step * count && (rva - start) % step == 0 && rva > start
            ? new ServiceIndex(before.Value + ((rva - start) / step))
            : null;
    }

    private static int FirstAbove(ServiceStub[] byRva, uint rva)
    {
        var (low, high) = (0, byRva.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = byRva[middle].Rva > rva ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private bool TryDecode(uint rva, out StubPattern pattern)
    {
        _code.MoveTo(rva);
        pattern = default;
        return _image.Architecture switch
        {
            ProcessorArchitecture.X64 => StubDecoder.TryDecodeX64(_code, out pattern),
            ProcessorArchitecture.X86 => StubDecoder.TryDecodeX86(_code, out pattern),
            ProcessorArchitecture.Arm64 => StubDecoder.TryDecodeArm64(_code.Bytes, out pattern),
            _ => false,
        };
    }

    private static ServiceStub Stub(string name, uint rva, StubPattern pattern)
    {
        // Under x64 the upper half of EAX chooses a shortcut; elsewhere all of EAX is the number.
        var isWow64 = pattern.Form is StubForm.Wow64Call or StubForm.Wow64Gate;
        var number = isWow64 ? pattern.Eax & 0xFFFF : pattern.Eax;
        return new ServiceStub(name, rva, new ServiceIndex(number), pattern.Form, isWow64 ? (ushort)(pattern.Eax >> 16) : (ushort)0, pattern.StackBytes, []);
    }

    internal static bool IsServiceName(ExportedFunction function, string prefix) =>
        function.Forwarder is null && function.Name is { } name && name.Length > prefix.Length
        && name.StartsWith(prefix, StringComparison.Ordinal) && char.IsAsciiLetterUpper(name[prefix.Length]);
}
