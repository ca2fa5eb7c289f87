using Bdia.MLNet;
using Bdia.MLNet.ImageClassification;
using Bdia.MLNet.Internals;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(BdiaImageClassificationTransformer), typeof(ImageClassificationLoader), null, typeof(SignatureLoadModel),
    "BDIA image classification", ImageClassificationFormat.Loader)]

namespace Bdia.MLNet;

/// <summary>
/// Found by ML.NET through the attribute above when a model names it: the header also names our assembly, which ML.NET then loads, so
/// that no application has to register anything.
/// </summary>
internal static class ImageClassificationLoader
{
    // The name and the parameters are those that ML.NET looks for.
    private static BdiaImageClassificationTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        => ImageClassificationFormat.Load(env,
            new ModelArchiveReader(ctx, ImageClassificationFormat.Signature, ImageClassificationFormat.Loader));
}
