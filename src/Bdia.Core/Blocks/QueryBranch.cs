using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// A branch whose queries are of other tokens than its keys and values: what attention and the projection behind it do, forward and back.
/// </summary>
internal abstract class QueryBranch(SublayerFrame frame, TransformerBlockOptions options, ResidualContext context, Workspace workspace)
    : Branch(frame, options, context, workspace)
{
    private Kept? query, keyValue, gathered, logSumExp;

    /// <summary>r of queries (rows, D) and keys and values (rows, 2 D), both rented; the branch's from here on.</summary>
    /// <param name="shape">Of r.</param>
    protected Tensor Attend(AttentionCore core, Tensor query, Tensor keyValue, Dense projection, long[] shape)
    {
        var (gathered, logSumExp) = core.Forward(Chain, new(query), new(keyValue, 0), new(keyValue, 1));
        (this.query, this.keyValue, this.gathered, this.logSumExp) = (Keep(query), Keep(keyValue), Keep(gathered), Keep(logSumExp));
        foreach (var used in (Tensor[])[query, keyValue, logSumExp]) ReturnUnlessKept(used);
        var r = Result(projection, gathered, shape);
        ReturnUnlessKept(gathered);
        return r;
    }

    /// <summary>The gradients by queries, and by keys and values, rented, of the gradient by r; adds those of the projection.</summary>
    protected (Tensor ByQuery, Tensor ByKeyValue) AttendBackward(AttentionCore core, Tensor gradient, Dense projection, IGradientSums sums)
    {
        var (query, keyValue, gathered, logSumExp) =
            (this.query!.Tensor, this.keyValue!.Tensor, this.gathered!.Tensor, this.logSumExp!.Tensor);
        AddResultGradients(sums, projection, gradient, gathered);
        AttendBackward(core, new(query), new(keyValue, 0), new(keyValue, 1), gathered, logSumExp, projection, gradient);
        return (query, keyValue); // written over
    }
}
