namespace NtScope.Lab.Machine.Images;

/// <summary>Code that looks like the beginning of a routine and runs to its end: the same bytes for the same name, always.</summary>
internal static class RoutineBytes
{
    // Each is complete: it saves, works a little, restores and returns.
    private static readonly byte[][] Bodies =
    [
        Convert.FromHexString("48895C2408574883EC20488BF9488BDA4885C9740A488B01488903B8010000" + "00EB0233C0488B5C24304883C4205FC3"),
        Convert.FromHexString("4053" + "4883EC20488BD9E80000000085C0780A488B4308488B0833C0EB00" + "4883C4205BC3"),
        Convert.FromHexString("488BC448895808488970104889781855488BEC4883EC40488BF1488BFA33DB895DF0488B5C2450488B742458488B7C24604883C4405DC3"),
        Convert.FromHexString("4C8BDC49895B08574883EC508364243000498BF8488BDA33C0498943E8488B5C24604883C4505FC3"),
        Convert.FromHexString("4883EC28" + "65488B042588010000488B88B8000000488BC1" + "4883C428C3"),
        Convert.FromHexString("488B4108" + "4885C07407488B00488902C3" + "B80D0000C0C3"),
    ];

    private static readonly byte[][] NarrowBodies =
    [
        Convert.FromHexString("8BFF558BEC518B45088945FC33C08BE55DC20400"),
        Convert.FromHexString("8BFF558BEC568B750885F674078B4604890633C05E5DC20800"),
        Convert.FromHexString("8BFF558BEC83EC0C5356578B7D0C33DB895DF88D45F8508B45088B4D0C585F5E5B8BE55DC20C00"),
        Convert.FromHexString("64A1240100008B405085C07505B80D0000C0C3"),
        Convert.FromHexString("8B4424048B4C2408890133C0C20800"),
    ];

    private static readonly byte[] Shortest = [0x33, 0xC0, 0xC3];

    // What Pavel Yosifovich's "Where did System Services 0 and 1 go?" (2019) shows of 10.0.18362.476.
    private static readonly Dictionary<string, byte[]> FromListing = new(StringComparer.Ordinal)
    {
        ["NtCreateFile"] = Convert.FromHexString("4881EC8800000033C04889442478C744247020000000" + "4881C488000000C3"),
        ["NtAccessCheck"] = Convert.FromHexString("4C8BDC4883EC68488B8424A8000000" + "33C04883C468C3"),
        ["NtWorkerFactoryWorkerReady"] = Convert.FromHexString("4C8BDC49895B08" + "574883EC20" + "33C0" + "488B5C24304883C4205FC3"),
    };

    /// <summary>The bytes of the routine <paramref name="name"/>, filled up with breakpoints to at most <paramref name="room"/>.</summary>
    /// <param name="name">The routine.</param>
    /// <param name="room">How many bytes lie between its start and what comes next.</param>
    /// <param name="asListed">Whether the routines of 10.0.18362.476 get the bytes of its published listing.</param>
    /// <param name="isNarrow">Whether it is code of x86.</param>
    public static ReadOnlySpan<byte> Of(string name, int room, bool asListed, bool isNarrow)
    {
        var bodies = isNarrow ? NarrowBodies : Bodies;
        var body = asListed && FromListing.TryGetValue(name, out var listed) ? listed : bodies[(int)(Hash(name) % (uint)bodies.Length)];
        return body.Length <= room ? body : room >= Shortest.Length ? Shortest : [];
    }

    /// <summary>A hash of a name that never changes.</summary>
    public static uint Hash(string name)
    {
        var hash = 2166136261u;
        foreach (var letter in name)
        {
            hash = (hash ^ letter) * 16777619;
        }

        return hash;
    }
}
