using Bdia.MLNet;
using Bdia.MLNet.Internals;
using Bdia.MLNet.TextGeneration;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(BdiaTextGenerationTransformer), typeof(TextGenerationLoader), null, typeof(SignatureLoadModel),
    "BDIA text generation", TextGenerationFormat.Loader)]

namespace Bdia.MLNet;

/// <summary>Found by ML.NET through the attribute above when a model names it, as <see cref="ImageClassificationLoader"/> is.</summary>
internal static class TextGenerationLoader
{
    // The name and the parameters are those that ML.NET looks for.
    private static BdiaTextGenerationTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        => TextGenerationFormat.Load(env, new ModelArchiveReader(ctx, TextGenerationFormat.Signature, TextGenerationFormat.Loader));
}
