namespace NtScope.Lab.Executive.Calls;

/// <summary>Routines of the executive that belong together.</summary>
internal interface IApiFamily
{
    /// <summary>Adds the routines by name.</summary>
    void Register(ApiTable table);
}
