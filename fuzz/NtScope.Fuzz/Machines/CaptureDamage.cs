using System.Buffers.Binary;

namespace NtScope.Fuzz.Machines;

/// <summary>
/// Damage to a capture where it is read: flipped bits, foreign numbers, pointers that lead back or elsewhere, tables that contain themselves, pages of
/// another moment. Disposing undoes it.
/// </summary>
internal sealed class CaptureDamage : IDisposable
{
    private const int PageSize = 0x1000;
    private const int Unit = sizeof(ulong);
    private static readonly ulong[] Numbers =
        [0, 1, 4, 0x7F, 0xFF, 0xFFF, 0x1000, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_8000_0000_0000, 0xFFFF_FFFF_FFFF_F000];

    private readonly LabCapture _capture;
    private readonly Random _random;
    private readonly Stack<(int Offset, byte[] Bytes)> _undone = new();

    private CaptureDamage(LabCapture capture, Random random) => (_capture, _random) = (capture, random);

    /// <summary>Damages a capture in a few places.</summary>
    public static CaptureDamage Do(LabCapture capture, Random random)
    {
        var damage = new CaptureDamage(capture, random);
        for (var count = random.Next(1, 7); count > 0; count--)
        {
            damage.Change();
        }

        return damage;
    }

    public void Dispose()
    {
        while (_undone.TryPop(out var change))
        {
            change.Bytes.CopyTo(_capture.Bytes.AsSpan(change.Offset));
        }
    }

    private void Change()
    {
        var (bytes, at) = (_capture.Bytes, Place());
        switch (_random.Next(10))
        {
            case 0 or 1:
                Write(at + _random.Next(Unit), [(byte)(bytes[at] ^ 1 << _random.Next(8))]);
                break;
            case 2:
                Put(at, Numbers[_random.Next(Numbers.Length)]);
                break;
            case 3:
                Write(at + 4 * _random.Next(2), BitConverter.GetBytes((uint)Numbers[_random.Next(Numbers.Length)]));
                break;
            case 4:
                Write(at + 2 * _random.Next(4), BitConverter.GetBytes((ushort)_random.Next(0x10000)));
                break;
            case 5:
                // Whatever stands elsewhere: a pointer that leads to another structure, or back.
                Write(at, bytes.AsSpan(Place(), Unit).ToArray());
                break;
            case 6:
                Put(at, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)) + (ulong)(_random.Next(-64, 65) * Unit));
                break;
            case 7:
                // A neighbour's pointer: lists that run in circles, children that are their own parents.
                Write(at, bytes.AsSpan(Math.Clamp(at + _random.Next(-8, 9) * Unit, 0, bytes.Length - Unit), Unit).ToArray());
                break;
            case 8:
                // An entry with the flags of a table and the frame of some page, its own among them.
                var frame = (ulong)(_random.Next(2) == 0 ? at : Place()) & ~(PageSize - 1ul);
                Put(at, frame | 0x63 | (_random.Next(2) == 0 ? 0x80ul : 0));
                break;
            default:
                Smear(at & ~(PageSize - 1), Place() & ~(PageSize - 1));
                break;
        }
    }

    private int Place() => Math.Min(_capture.Places[_random.Next(_capture.Places.Length)], _capture.Bytes.Length - Unit);

    private void Smear(int page, int other)
    {
        var length = Math.Min(PageSize, _capture.Bytes.Length - Math.Max(page, other));
        Write(page, _capture.Bytes.AsSpan(other, length).ToArray());
    }

    private void Put(int at, ulong value) => Write(at, BitConverter.GetBytes(value));

    private void Write(int offset, byte[] bytes)
    {
        var place = _capture.Bytes.AsSpan(offset, Math.Min(bytes.Length, _capture.Bytes.Length - offset));
        _undone.Push((offset, place.ToArray()));
        bytes.AsSpan(0, place.Length).CopyTo(place);
    }
}
