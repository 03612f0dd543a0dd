using System.Text;

namespace NtScope.Knowledge;

/// <summary>How a native function is declared.</summary>
/// <param name="Name">Its name as it was asked for, <c>NtCreateFile</c> or <c>ZwCreateFile</c>.</param>
/// <param name="Returns">The type it returns (<c>NTSTATUS</c>).</param>
/// <param name="Parameters">Its parameters in order.</param>
/// <param name="Header">The phnt header that declares it (<c>ntioapi.h</c>).</param>
public sealed record Prototype(string Name, string Returns, IReadOnlyList<PrototypeParameter> Parameters, string Header)
{
    /// <summary>The declaration on one line, without annotations: <c>NTSTATUS NtClose(HANDLE Handle)</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Returns).Append(' ').Append(Name).Append('(');
        for (var i = 0; i < Parameters.Count; i++)
        {
            text.Append(i == 0 ? string.Empty : ", ").Append(Parameters[i].Type).Append(' ').Append(Parameters[i].Name);
        }

        return text.Append(Parameters.Count == 0 ? "VOID)" : ")").ToString();
    }
}
