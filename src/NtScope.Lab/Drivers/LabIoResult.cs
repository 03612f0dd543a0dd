namespace NtScope.Lab.Drivers;

/// <summary>How a request to a driver ended.</summary>
/// <param name="Status">The final status.</param>
/// <param name="Information">What the driver put into IoStatus.Information, usually a count of bytes.</param>
/// <param name="Output">What the driver wrote into the output buffer; as long as the buffer, or as Information says where that is less.</param>
public sealed record LabIoResult(NtStatus Status, ulong Information, byte[] Output)
{
    /// <summary>Whether the status is a success.</summary>
    public bool Succeeded => (int)Status >= 0;
}
