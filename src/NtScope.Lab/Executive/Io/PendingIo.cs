namespace NtScope.Lab.Executive.Io;

/// <summary>A user's request with its buffers.</summary>
internal sealed class PendingIo(IoRequest request, int outputLength)
{
    private int _inputLength;

    /// <summary>The IRP.</summary>
    public IoRequest Request { get; } = request;

    /// <summary>The bytes of the output buffer.</summary>
    public int OutputLength { get; } = outputLength;

    /// <summary>The buffer in nonpaged pool; 0 for none.</summary>
    public ulong SystemBuffer { get; set; }

    /// <summary>The user's input buffer; 0 for none.</summary>
    public ulong UserInput { get; private set; }

    /// <summary>The user's output buffer; 0 for none.</summary>
    public ulong UserOutput { get; private set; }

    /// <summary>The MDL of the output buffer; 0 for none.</summary>
    public ulong Mdl { get; set; }

    /// <summary>What the driver wrote, once the request is completed.</summary>
    public byte[] Output { get; set; } = [];

    private bool _hasInput;
    private int _outputBytes;

    /// <summary>Takes user memory: the first call for the input, the second for the output.</summary>
    public void AddUserBuffer(LabKernel kernel, int length)
    {
        if (!_hasInput)
        {
            _hasInput = true;
            _inputLength = length;
            UserInput = length == 0 ? 0 : kernel.UserBuffers.Allocate(length, kernel.Threads.Current.Process);
        }
        else
        {
            _outputBytes = length;
            UserOutput = length == 0 ? 0 : kernel.UserBuffers.Allocate(length, kernel.Threads.Current.Process);
        }
    }

    /// <summary>Frees the buffers.</summary>
    public void Release(LabKernel kernel)
    {
        if (SystemBuffer != 0)
        {
            kernel.Pool.Free(SystemBuffer);
        }

        if (Mdl != 0)
        {
            kernel.Mdls.Release(Mdl);
        }

        if (UserInput != 0)
        {
            kernel.UserBuffers.Free(UserInput, _inputLength);
        }

        if (UserOutput != 0)
        {
            kernel.UserBuffers.Free(UserOutput, _outputBytes);
        }
    }
}
