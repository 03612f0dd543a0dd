namespace NtScope.Images;

/// <summary>The parts of <c>IMAGE_LOAD_CONFIG_DIRECTORY</c> that NtScope uses. What a shorter, older structure lacks is 0.</summary>
/// <param name="Size">The size of the structure, in bytes, as it says itself.</param>
/// <param name="SecurityCookieRva">Where the stack cookie is; 0 if there is none.</param>
/// <param name="GuardFlags">The <c>IMAGE_GUARD_*</c> bits.</param>
/// <param name="GuardFunctionTableRva">Where the table of functions whose address is taken is; 0 if there is none.</param>
/// <param name="GuardFunctionCount">How many entries that table has.</param>
/// <param name="HybridMetadataRva">Where the metadata of an image for two instruction sets (ARM64EC, ARM64X) is; 0 if it is for one.</param>
public sealed record LoadConfiguration(
    uint Size, uint SecurityCookieRva, uint GuardFlags, uint GuardFunctionTableRva, ulong GuardFunctionCount, uint HybridMetadataRva);
