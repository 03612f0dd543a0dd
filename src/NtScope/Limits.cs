namespace NtScope;

/// <summary>
/// The bounds that hold hostile input: every length, count and depth that comes from a file or from memory is checked against one of
/// these before it is trusted. Each is well above what real Windows has and well below what would hurt the host.
/// </summary>
public static class Limits
{
    /// <summary>Sections of one image; the loader itself takes 96.</summary>
    public const int ImageSections = 256;

    /// <summary>Bytes from the start of an image that its headers and section table may take.</summary>
    public const int ImageHeaderBytes = 1 << 16;

    /// <summary>Bytes of one image, as a file or as mapped.</summary>
    public const uint ImageBytes = 512u << 20;

    /// <summary>Exported functions or names of one image; an ordinal has 16 bits.</summary>
    public const int ImageExports = 1 << 16;

    /// <summary>Modules that one image imports from.</summary>
    public const int ImportedModules = 4096;

    /// <summary>Functions that one image imports from all modules.</summary>
    public const int ImportedFunctions = 1 << 17;

    /// <summary>Base relocations of one image.</summary>
    public const int Relocations = 4 << 20;

    /// <summary>Bytes of a name in an image or a symbol file.</summary>
    public const int NameBytes = 4096;

    /// <summary>Bytes of all names of one directory of an image.</summary>
    public const int DirectoryNameBytes = 16 << 20;

    /// <summary>Streams of one PDB; a number of one has sixteen bits.</summary>
    public const int PdbStreams = 1 << 16;

    /// <summary>Bytes of a PDB's stream directory.</summary>
    public const int PdbDirectoryBytes = 64 << 20;

    /// <summary>Symbols of one symbol file.</summary>
    public const int Symbols = 8 << 20;

    /// <summary>Type records of one symbol file.</summary>
    public const int TypeRecords = 8 << 20;

    /// <summary>How deep one type may refer to others before it has a name: pointers to pointers, arrays of arrays.</summary>
    public const int TypeDepth = 32;

    /// <summary>Fields of one structure, or constants of one enumeration.</summary>
    public const int FieldsPerType = 1 << 16;

    /// <summary>How deep blocks and scripts of the debugger may be nested.</summary>
    public const int ScriptDepth = 64;

    /// <summary>Bytes of a file of debugger commands.</summary>
    public const int ScriptBytes = 16 << 20;

    /// <summary>Structures that one dt shows, nested ones and list elements included.</summary>
    public const int DisplayedStructures = 4096;

    /// <summary>Bytes of an ISF document, unpacked; that of a kernel has 10 MB.</summary>
    public const int IsfBytes = 256 << 20;

    /// <summary>Bytes of a symbol file.</summary>
    public const long SymbolFileBytes = 2L << 30;

    /// <summary>Entries of a debug directory.</summary>
    public const int DebugEntries = 64;

    /// <summary>Depth of the resource tree; Windows uses three.</summary>
    public const int ResourceDepth = 4;

    /// <summary>Entries of one level of the resource tree.</summary>
    public const int ResourceEntries = 4096;

    /// <summary>Bytes of a version resource.</summary>
    public const int VersionResourceBytes = 1 << 16;

    /// <summary>Strings of a version resource.</summary>
    public const int VersionStrings = 256;

    /// <summary>Pages of 4 KB that an image in memory keeps at hand.</summary>
    public const int CachedImagePages = 1 << 13;

    /// <summary>Messages kept about one image's directories.</summary>
    public const int ImageProblems = 64;

    /// <summary>Runtime functions in .pdata.</summary>
    public const int RuntimeFunctions = 1 << 20;

    /// <summary>Bytes of one section that are searched for code.</summary>
    public const uint SearchedSectionBytes = 64u << 20;

    /// <summary>Places that one search for a service table considers.</summary>
    public const int TableCandidates = 64;

    /// <summary>Comparisons that one search for a service table makes.</summary>
    public const int TableComparisons = 1 << 20;

    /// <summary>Services of one table: an index has twelve bits.</summary>
    public const int ServicesPerTable = 0x1000;

    /// <summary>Sub-authorities of a security identifier; winnt.h has the same bound.</summary>
    public const int SubAuthorities = 15;

    /// <summary>Bytes of a report that is read back; the largest desktop report seen has less than one million.</summary>
    public const long ReportBytes = 256L << 20;

    /// <summary>Depth of a report that is read back; ours have six levels.</summary>
    public const int ReportDepth = 16;

    /// <summary>Runs of physical pages of one capture; a kernel dump of a 64 GiB machine has some hundred thousand.</summary>
    public const int CaptureRuns = 2 << 20;

    /// <summary>Pages that page tables can address: 52 bits of physical address.</summary>
    public const ulong PhysicalPages = 1UL << 40;

    /// <summary>Bytes of the page bitmap of a crash dump: 2 TiB of memory.</summary>
    public const ulong CaptureBitmapBytes = 64UL << 20;

    /// <summary>The least that is taken for raw memory, in bytes; no Windows NT runs in less.</summary>
    public const long RawCaptureMinimum = 1 << 20;

    /// <summary>Bytes of all notes of an ELF core together; a processor takes some kilobytes.</summary>
    public const ulong NoteBytes = 64UL << 20;

    /// <summary>Processors of one machine; Windows stops at 2048.</summary>
    public const int Processors = 4096;

    /// <summary>Address spaces of one machine that are kept open at a time.</summary>
    public const int AddressSpaces = 4096;

    /// <summary>Bytes below an address inside the kernel that are searched for its image; the largest kernels have 17 MiB.</summary>
    public const ulong KernelSearchBytes = 64UL << 20;

    /// <summary>Mapped or empty stretches that a search for the kernel's image looks at.</summary>
    public const int KernelSearchPages = 1 << 19;

    /// <summary>Stretches of that size that are searched from addresses of code that headers name, and as many from those of interrupt handlers.</summary>
    public const int KernelSearchStretches = 8;

    /// <summary>Bytes of the kernel's data that are searched for the list of loaded modules; real kernels have below 4 MiB.</summary>
    public const uint KernelDataBytes = 32u << 20;

    /// <summary>Pointers in the kernel's data that are followed in that search.</summary>
    public const int ModuleListCandidates = 1 << 18;

    /// <summary>Bytes that one search of a mapped image reads at most; the largest section of a real kernel has 12 MiB.</summary>
    public const uint MappedSliceBytes = 32u << 20;

    /// <summary>Entries of the kernel's list of loaded modules; real machines have some hundred.</summary>
    public const int LoadedModules = 4096;

    /// <summary>Processes of one machine.</summary>
    public const int Processes = 1 << 16;

    /// <summary>Sessions of one machine; each needs memory of its own, so that the largest terminal servers have some hundred.</summary>
    public const int Sessions = 256;

    /// <summary>Copies of one image, each of another session, whose headers are looked at before it counts as unreadable.</summary>
    public const int SessionImages = 4;

    /// <summary>Bytes of a capture that are searched for page tables that map themselves, where no header names their root.</summary>
    public const ulong DirectoryTableSearchBytes = 32UL << 30;

    /// <summary>Roots of page tables that are tried before a capture is given up.</summary>
    public const int DirectoryTableCandidates = 64;

    /// <summary>Levels of folders below one that holds reference images.</summary>
    public const int ImageFolderDepth = 8;

    /// <summary>Entries of the loaders' lists of all processes together; a busy server has some hundred thousand.</summary>
    public const int ProcessModules = 1 << 20;

    /// <summary>Characters of the different names in those lists.</summary>
    public const int ProcessModuleCharacters = 4 << 20;

    /// <summary>Rows of one verification; a machine with more is broken as a whole.</summary>
    public const int VerificationRows = 1 << 16;

    /// <summary>Groups of a VMware state file.</summary>
    public const uint SnapshotGroups = 4096;

    /// <summary>Tags of all groups of a VMware state file that are read; a processor has some hundred.</summary>
    public const int SnapshotTags = 1 << 18;

    /// <summary>Regions of memory in a VMware state file; real ones have a handful.</summary>
    public const uint SnapshotRegions = 4096;

    /// <summary>Files of a folder that are looked at; System32 has some five thousand.</summary>
    public const int FolderFiles = 1 << 16;

    /// <summary>Nesting of unary operators and parentheses in a debugger expression.</summary>
    public const int ExpressionDepth = 256;

    /// <summary>Nesting of one expression evaluator of the debugger in the other.</summary>
    public const int EvaluatorNesting = 16;

    /// <summary>Bytes of a range that a debugger command takes without <c>L?</c>; WinDbg's own limit.</summary>
    public const ulong DebuggerRangeBytes = 256UL << 20;

    /// <summary>Bytes that one debugger command shows.</summary>
    public const ulong DebuggerDumpBytes = 64UL << 20;

    /// <summary>Instructions that one debugger command decodes.</summary>
    public const ulong DebuggerInstructions = 1 << 16;

    /// <summary>Bytes of a security descriptor: two access control lists of at most 64 KiB each, and what frames them.</summary>
    public const int SecurityDescriptorBytes = 1 << 18;

    /// <summary>Entries of one directory of the object namespace.</summary>
    public const int DirectoryEntries = 1 << 16;

    /// <summary>Windows of one desktop or session; the handle table of win32k holds 65,536 objects.</summary>
    public const int Windows = 1 << 16;

    /// <summary>Bytes of the system's handle table: 40 for each handle.</summary>
    public const int HandleTableBytes = 1 << 29;

    /// <summary>Entries of one linked list of the kernel; the longest on a busy server has some ten thousand.</summary>
    public const int KernelListEntries = 1 << 18;

    /// <summary>Entries of one handle table; Windows allows 16,711,680 handles to a process.</summary>
    public const int HandleTableEntries = 1 << 24;

    /// <summary>Threads of one machine; a busy server has some ten thousand.</summary>
    public const int ListedThreads = 1 << 17;

    /// <summary>Objects of the object namespace; Windows has some thousand.</summary>
    public const int NamespaceObjects = 1 << 17;

    /// <summary>Characters of one name or path in kernel memory that are taken over; real ones have below 260, the longest of the registry some hundred more.</summary>
    public const int NameCharacters = 1024;

    /// <summary>Characters of a command line that are taken over.</summary>
    public const int CommandLineCharacters = 4096;

    /// <summary>Characters of all paths of the object namespace together; Windows has below one million.</summary>
    public const int NamespaceCharacters = 16 << 20;

    /// <summary>Types of objects; an index has eight bits.</summary>
    public const int ObjectTypes = 1024;

    /// <summary>Buckets of a directory of the object namespace; the kernel has 37.</summary>
    public const uint DirectoryBuckets = 1024;

    /// <summary>Sentences that a report says of a walk as a whole.</summary>
    public const int Notes = 1024;

    /// <summary>Characters of a path that symbolic links are followed in.</summary>
    public const int LinkPathCharacters = 512;

    /// <summary>Symbolic links that are followed for one report; Windows has some hundred.</summary>
    public const int ResolvedLinks = 1 << 15;

    /// <summary>Depth of the object namespace; Windows has fewer than ten levels.</summary>
    public const int NamespaceDepth = 64;

    /// <summary>Steps in resolving one symbolic link of the object namespace; the kernel itself stops at 32.</summary>
    public const int SymbolicLinkSteps = 32;

    /// <summary>Drivers of one machine; Windows has some hundred.</summary>
    public const int Drivers = 1 << 12;

    /// <summary>Devices that are listed for all drivers together; Windows has some thousand.</summary>
    public const int Devices = 1 << 16;

    /// <summary>Names of attached devices that are listed for all devices together.</summary>
    public const int AttachedDevices = 1 << 18;

    /// <summary>Devices of one driver.</summary>
    public const int DriverDevices = 1 << 12;

    /// <summary>Devices on one stack; the kernel's own counter of stack locations has eight bits.</summary>
    public const int DeviceStack = 256;

    /// <summary>Pool allocations that a scan looks into for one kind of object.</summary>
    public const int PoolCandidates = 1 << 18;

    /// <summary>Routines registered in one callback list.</summary>
    public const int Callbacks = 1 << 12;

    /// <summary>Rows of one report on callbacks; a busy machine has some thousand.</summary>
    public const int CallbackRows = 1 << 14;

    /// <summary>Minifilters of one machine; busy ones have some twenty.</summary>
    public const int Filters = 256;

    /// <summary>Frames of the filter manager; there is one, and a further one for each legacy filter between minifilters.</summary>
    public const int FilterFrames = 64;

    /// <summary>Instances of one minifilter; there is one a volume.</summary>
    public const int FilterInstances = 1024;

    /// <summary>Characters of the name of a filter, an instance or a volume, and of an altitude, that are taken over.</summary>
    public const int FilterNameCharacters = 260;

    /// <summary>Characters of the instances that a row of a minifilter names.</summary>
    public const int FilterDetailCharacters = 2048;

    /// <summary>Pointers that are read to prove layouts of the filter manager, over all places that look like its list.</summary>
    public const int FilterProofReads = 1 << 20;

    /// <summary>Bytes of a section of the filter manager that are searched for its list of frames.</summary>
    public const uint FilterManagerData = 1u << 20;

    /// <summary>Pages of the kernel's half that are looked at for the headers of images that no list names.</summary>
    public const int HeaderSearchPages = 1 << 21;
}
