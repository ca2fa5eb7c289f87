using Bdia.Core.Blocks;
using Bdia.Core.Onnx;

namespace Bdia.Core.Export;

/// <summary>
/// A block of a network as nodes: its residual h(x) is the sum of sub-layers, each behind a layer normalisation of x and the sub-layers
/// before it.
/// </summary>
/// <param name="graph">Where to.</param>
/// <param name="state">The network's weights.</param>
/// <param name="name">Of the block.</param>
/// <param name="options">Of the block.</param>
internal sealed class BlockGraph(IOnnxGraph graph, NetworkState state, string name, TransformerBlockOptions options)
{
    private readonly long size = options.Width / options.Heads;

    /// <summary>h(x).</summary>
    /// <param name="x">(B, N, D).</param>
    /// <param name="sublayers">Each takes what a layer normalisation gives to what is added, (B, N, D).</param>
    public string Residual(string x, params Func<string, string>[] sublayers) => LeadingResidual(x, x, sublayers);

    /// <summary>h(x) of the first tokens alone.</summary>
    /// <param name="x">(B, N, D), all of which the first sub-layer sees.</param>
    /// <param name="leading">The first tokens of x, (B, n, D).</param>
    /// <param name="sublayers">The first takes (B, N, D) to (B, n, D), the others (B, n, D) to the same.</param>
    public string LeadingResidual(string x, string leading, params Func<string, string>[] sublayers)
    {
        var (z, sum, h) = (x, leading, "");
        for (var i = 0; i < sublayers.Length; i++)
        {
            var r = Scaled($"ls{i + 1}", sublayers[i](Norm($"norm{i + 1}", z)));
            h = i == 0 ? r : graph.Node("Add", $"{name}.residual", h, r);
            if (i < sublayers.Length - 1) z = sum = graph.Node("Add", $"{name}.sum", sum, r);
        }

        return h;
    }

    /// <summary>Self-attention among all tokens.</summary>
    /// <param name="x">(B, N, D).</param>
    /// <param name="bias">(B, 1, 1, N), added to the scores; null for nothing.</param>
    public string SelfAttention(string x, string? bias)
    {
        var parts = graph.Split($"{name}.attn", Dense("attn.qkv", x), 3);
        return Attended("attn", Queries(parts[0]), OwnKeys(parts[1]), Heads("attn.v", parts[2]), bias);
    }

    /// <summary>Self-attention of the first tokens to all of them: a block of which no more is read.</summary>
    /// <param name="x">(B, N, D).</param>
    /// <param name="tokens">How many.</param>
    /// <param name="bias">(B, 1, 1, N), added to the scores; null for nothing.</param>
    public string LeadingSelfAttention(string x, long tokens, string? bias)
    {
        var (weight, added) = (state.Take($"{name}.attn.qkv.weight"), state.TakeIfAny($"{name}.attn.qkv.bias"));
        string Part(string part, string input, long first, long parts)
            => graph.Dense($"{name}.attn.{part}", input, weight.narrow(0, first * options.Width, parts * options.Width),
                added?.narrow(0, first * options.Width, parts * options.Width));

        var queries = Part("q", graph.Slice($"{name}.attn", x, 1, 0, tokens), 0, 1);
        var others = graph.Split($"{name}.attn", Part("kv", x, 1, 2), 2);
        return Attended("attn", Queries(queries), OwnKeys(others[0]), Heads("attn.v", others[1]), bias);
    }

    /// <summary>Self-attention of one token behind others, whose keys and values are kept.</summary>
    /// <param name="x">(R, 1, D).</param>
    /// <param name="pastKeys">(R, H, T, Dh), and so <paramref name="pastValues"/>.</param>
    /// <param name="keep">Is handed keys and values of all tokens, the newest among them, (R, H, T + 1, Dh).</param>
    public string CachedSelfAttention(string x, string pastKeys, string pastValues, Action<string, string> keep)
    {
        var parts = graph.Split($"{name}.attn", Dense("attn.qkv", x), 3);
        var keys = graph.Concat($"{name}.attn.k", 2, pastKeys, Heads("attn.k", parts[1]));
        var values = graph.Concat($"{name}.attn.v", 2, pastValues, Heads("attn.v", parts[2]));
        keep(keys, values);
        return Attended("attn", Heads("attn.q", parts[0]), graph.Transpose($"{name}.attn.k", keys, 0, 1, 3, 2), values, bias: null);
    }

    /// <summary>Keys (B, H, Dh, S) and values (B, H, S, Dh) of a memory (B, S, D), for <see cref="CrossAttention"/>.</summary>
    public (string Keys, string Values) CrossKeysAndValues(string memory)
    {
        var parts = graph.Split($"{name}.cross", Dense("cross.kv", memory), 2);
        return (Keys("cross.k", parts[0]), Heads("cross.v", parts[1]));
    }

    /// <summary>Attention to a memory.</summary>
    /// <param name="x">(R, N, D).</param>
    /// <param name="keys">Of <see cref="CrossKeysAndValues"/>, as <paramref name="values"/>.</param>
    /// <param name="values">See there.</param>
    /// <param name="bias">(R, 1, 1, S), added to the scores.</param>
    public string CrossAttention(string x, string keys, string values, string bias)
        => Attended("cross", Heads("cross.q", Dense("cross.q", x)), keys, values, bias);

    /// <summary>Two dense layers, for each token alone.</summary>
    public string FeedForward(string x) => Dense("mlp.fc2", graph.Gelu($"{name}.mlp", Dense("mlp.fc1", x)));

    private string Attended(string layer, string queries, string keys, string values, string? bias)
        => Dense($"{layer}.proj", graph.Attention($"{name}.{layer}", queries, keys, values, size, bias));

    // Of self-attention: where the block has it so, each head's are normalised.
    private string Queries(string x) => options.QueryKeyNorm ? Norm("attn.q_norm", Heads("attn.q", x)) : Heads("attn.q", x);

    private string OwnKeys(string x)
        => options.QueryKeyNorm ? graph.Transpose($"{name}.attn.k", Norm("attn.k_norm", Heads("attn.k", x)), 0, 1, 3, 2)
            : Keys("attn.k", x);

    private string Heads(string part, string x) => graph.Heads($"{name}.{part}", x, options.Heads, size);

    private string Keys(string part, string x) => graph.Keys($"{name}.{part}", x, options.Heads, size);

    private string Scaled(string layer, string x)
        => options.LayerScale
            ? graph.Node("Mul", $"{name}.{layer}", x, graph.AddTensor($"{name}.{layer}.gamma", state.Take($"{name}.{layer}.gamma"))) : x;

    private string Norm(string layer, string x)
        => graph.Norm($"{name}.{layer}", x, state.Take($"{name}.{layer}.weight"), state.Take($"{name}.{layer}.bias"), options.NormEpsilon);

    private string Dense(string layer, string x)
        => graph.Dense($"{name}.{layer}", x, state.Take($"{name}.{layer}.weight"), state.TakeIfAny($"{name}.{layer}.bias"));
}
