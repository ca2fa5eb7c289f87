using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Bdia.Tests.Dependencies;

/// <summary>
/// Which source file uses which type, read off assemblies and their debug information: signatures, attributes, locals and instructions.
/// What the compiler leaves no trace of is not seen: constants and <c>nameof</c>.
/// </summary>
internal sealed class CompiledCode
{
    private CompiledCode(IReadOnlyDictionary<string, string> types, IEnumerable<Use> uses,
        IEnumerable<(string File, string Type)> foreign, IEnumerable<(string File, string Text)> texts)
    {
        Types = types;
        Files = types.Values.ToHashSet();
        Uses = [.. uses.OrderBy(use => (use.File, use.TypeFile, use.Type))];
        Foreign = [.. foreign.Order()];
        Texts = [.. texts];
    }

    /// <summary>A source file uses a type of another one.</summary>
    /// <param name="File">The file that uses, relative to the sources and with forward slashes: Bdia.Core/Reversible/BdiaStack.cs.</param>
    /// <param name="Type">The type that is used, without its namespace.</param>
    /// <param name="TypeFile">The file that it stands in.</param>
    public sealed record Use(string File, string Type, string TypeFile);

    /// <summary>Every pair of a file and a type once.</summary>
    public IReadOnlyList<Use> Uses { get; }

    /// <summary>Every pair of a file and the full name of a type of somebody else once.</summary>
    public IReadOnlyList<(string File, string Type)> Foreign { get; }

    /// <summary>Every text in the code, with its file; interpolated strings in pieces.</summary>
    public IReadOnlyList<(string File, string Text)> Texts { get; }

    /// <summary>The file of each type by its full name; nested types behind a slash.</summary>
    public IReadOnlyDictionary<string, string> Types { get; }

    /// <summary>All source files that hold a type.</summary>
    public IReadOnlyCollection<string> Files { get; }

    /// <summary>Reads assemblies that lie in one folder with their .pdb files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="sources">The folder that paths are relative to; what the compiler adds from elsewhere is left out.</param>
    /// <param name="assemblies">File names.</param>
    public static CompiledCode Read(string folder, string sources, params ReadOnlySpan<string> assemblies)
    {
        var modules = new List<Module>();
        try
        {
            foreach (var name in assemblies) modules.Add(Module.Open(Path.Combine(folder, name), $"/{sources}/"));
            var files = modules.SelectMany(module => module.TypeFiles).ToDictionary(item => item.Key, item => item.Value);
            var enums = modules.SelectMany(module => module.Enums).ToHashSet();
            var readers = modules.Select(module => new TypeUses(module.Reader, module.Image, module.TypeFiles, enums)).ToArray();
            var all = readers.SelectMany(reader => reader.All()).ToHashSet();
            return new(files,
                all.Where(use => files.TryGetValue(use.Type, out var file) && file != use.File)
                    .Select(use => new Use(use.File, Short(use.Type), files[use.Type])),
                all.Where(use => !files.ContainsKey(use.Type)),
                readers.SelectMany(reader => reader.Texts()));
        }
        finally
        {
            foreach (var module in modules) module.Dispose();
        }
    }

    /// <summary>Reads both libraries as they lie beside the running program.</summary>
    public static CompiledCode Libraries(string? folder = null)
        => Read(folder ?? AppContext.BaseDirectory, "src", "Bdia.Core.dll", "Bdia.MLNet.dll");

    // The outermost type, without its namespace and without the count of its type parameters.
    private static string Short(string type)
    {
        var name = type.Split('/')[0];
        return name[(name.LastIndexOf('.') + 1)..].Split('`')[0];
    }

    /// <summary>An open assembly, and the file that each of its types stands in.</summary>
    private sealed class Module : IDisposable
    {
        private static readonly Guid TypeDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

        private readonly MetadataReaderProvider debug;
        private readonly string sources;

        private Module(PEReader image, MetadataReaderProvider debug, string sources)
        {
            (Image, this.debug, this.sources) = (image, debug, sources);
            Reader = image.GetMetadataReader();
            var symbols = debug.GetMetadataReader();
            foreach (var handle in Reader.TypeDefinitions)
                if (FileOf(symbols, handle) is { } file)
                    TypeFiles[TypeName.Of(Reader, handle)] = file;
        }

        public PEReader Image { get; }

        public MetadataReader Reader { get; }

        public Dictionary<string, string> TypeFiles { get; } = [];

        /// <summary>
        /// The enumerations: the compiler turns their values into numbers, so that a member's type is all that shows their use.
        /// </summary>
        public IEnumerable<string> Enums => Reader.TypeDefinitions
            .Where(handle => Reader.GetTypeDefinition(handle).BaseType is { IsNil: false, Kind: HandleKind.TypeReference } parent
                && TypeName.Of(Reader, (TypeReferenceHandle)parent) == "System.Enum")
            .Select(handle => TypeName.Of(Reader, handle));

        public static Module Open(string assembly, string sources)
        {
            var image = new PEReader(File.OpenRead(assembly));
            return new(image, MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(Path.ChangeExtension(assembly, ".pdb"))), sources);
        }

        public void Dispose()
        {
            debug.Dispose();
            Image.Dispose();
        }

        // The file of its methods; for a type without code the compiler notes the file; a nested one without either stands where the outer
        // one does.
        private string? FileOf(MetadataReader symbols, TypeDefinitionHandle handle)
        {
            var type = Reader.GetTypeDefinition(handle);
            var documents = type.GetMethods().SelectMany(method => Documents(symbols, method)).Concat(Documents(symbols, handle));
            return documents.Select(document => Relative(symbols.GetString(symbols.GetDocument(document).Name)))
                .FirstOrDefault(file => file is not null)
                ?? (type.GetDeclaringType() is { IsNil: false } outer ? FileOf(symbols, outer) : null);
        }

        private static IEnumerable<DocumentHandle> Documents(MetadataReader symbols, MethodDefinitionHandle method)
            => symbols.GetMethodDebugInformation(method).GetSequencePoints().Select(point => point.Document)
                .Where(document => !document.IsNil);

        private static IEnumerable<DocumentHandle> Documents(MetadataReader symbols, TypeDefinitionHandle type)
        {
            foreach (var handle in symbols.GetCustomDebugInformation(type))
            {
                var information = symbols.GetCustomDebugInformation(handle);
                if (symbols.GetGuid(information.Kind) != TypeDocuments) continue;
                var blob = symbols.GetBlobReader(information.Value);
                while (blob.RemainingBytes > 0) yield return System.Reflection.Metadata.Ecma335.MetadataTokens.DocumentHandle(
                    blob.ReadCompressedInteger());
            }
        }

        private string? Relative(string path)
        {
            path = path.Replace('\\', '/');
            var at = path.LastIndexOf(sources, StringComparison.Ordinal);
            var file = at < 0 ? null : path[(at + sources.Length)..];
            return file is null || file.Contains("/obj/", StringComparison.Ordinal) ? null : file;
        }
    }
}
