namespace NtScope.Windows.Desktops;

/// <summary>What a call gave: a value, or the Win32 error that it ended with.</summary>
/// <typeparam name="T">The value's type.</typeparam>
/// <param name="Value">The value, if there is no error.</param>
/// <param name="Error">A Win32 error code; 0 for none.</param>
internal readonly record struct Outcome<T>(T? Value, int Error = 0)
{
    /// <summary>Whether there is a value.</summary>
    public bool IsKnown => Error == 0;

    /// <summary>A call that failed.</summary>
    public static Outcome<T> Failed(int error) => new(default, error == 0 ? ErrorText.Unspecific : error);
}
