using Bdia.MLNet;
using Bdia.MLNet.Internals;
using Bdia.MLNet.SequenceToSequence;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(BdiaSequenceToSequenceTransformer), typeof(SequenceToSequenceLoader), null, typeof(SignatureLoadModel),
    "BDIA sequence to sequence", SequenceToSequenceFormat.Loader)]

namespace Bdia.MLNet;

/// <summary>Found by ML.NET through the attribute above when a model names it, as <see cref="ImageClassificationLoader"/> is.</summary>
internal static class SequenceToSequenceLoader
{
    // The name and the parameters are those that ML.NET looks for.
    private static BdiaSequenceToSequenceTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        => SequenceToSequenceFormat.Load(env,
            new ModelArchiveReader(ctx, SequenceToSequenceFormat.Signature, SequenceToSequenceFormat.Loader));
}
