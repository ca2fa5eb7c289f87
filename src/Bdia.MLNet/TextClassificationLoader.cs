using Bdia.MLNet;
using Bdia.MLNet.Internals;
using Bdia.MLNet.TextClassification;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(BdiaTextClassificationTransformer), typeof(TextClassificationLoader), null, typeof(SignatureLoadModel),
    "BDIA text classification", TextClassificationFormat.Loader)]

namespace Bdia.MLNet;

/// <summary>Found by ML.NET through the attribute above when a model names it, as <see cref="ImageClassificationLoader"/> is.</summary>
internal static class TextClassificationLoader
{
    // The name and the parameters are those that ML.NET looks for.
    private static BdiaTextClassificationTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        => TextClassificationFormat.Load(env,
            new ModelArchiveReader(ctx, TextClassificationFormat.Signature, TextClassificationFormat.Loader));
}
