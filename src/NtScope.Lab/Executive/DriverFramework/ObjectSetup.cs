namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>What an object is made with.</summary>
/// <param name="Attributes">Its attributes.</param>
/// <param name="Parent">Its parent.</param>
internal readonly record struct ObjectSetup(FrameworkAttributes Attributes, FrameworkObject Parent);
