using Bdia.Core.Formats;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Models;

/// <summary>
/// The weights of a <see cref="LanguageModel"/> under GPT-2's names and in its layout, as other tools have them: wte and wpe, h.K.ln_1,
/// attn.c_attn, attn.c_proj, ln_2, mlp.c_fc, mlp.c_proj and ln_f; weights of products as (inputs, outputs); no head, since it is wte's.
/// </summary>
/// <remarks>
/// <para>What is read has the bits of what was written. The factor that this network reads vectors of tokens with is a power of two, which
/// wte takes in, and ln_f gives up for it.</para>
/// <para>A tool that is to compute the same logits needs the exact GELU (activation_function "gelu"), an epsilon of 1e-6 in its norms, and
/// ids that count the special ones: 0 pads, 1 begins a text, 2 ends it. States are rounded to a grid here and not there, which moves a
/// logit by some 0.01. GPT-2's own files have neither those ids nor that GELU, and are refused.</para>
/// </remarks>
public static class Gpt2Weights
{
    private const string Prefix = "transformer.";

    /// <summary>Writes the weights of a network.</summary>
    /// <param name="model">The network.</param>
    /// <param name="stream">Where to, in the safetensors format.</param>
    public static void Write(LanguageModel model, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(stream);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var state = ModuleState.Save(model);
        SafeTensors.Write(stream, Table(model.Options).Select(entry => KeyValuePair.Create(entry.Name, entry.Out(state[entry.Own]))));
    }

    /// <summary>Makes a network of weights that <see cref="Write"/> has written, or a tool that trained such a network further.</summary>
    /// <param name="options">Sizes.</param>
    /// <param name="stream">A whole safetensors stream. Names may begin with "transformer.", and lm_head.weight may repeat wte.</param>
    /// <returns>A network on the CPU, in training mode.</returns>
    /// <exception cref="ArgumentException">Options are out of range.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or names every tensor that is missing, unexpected, of another shape or type or
    /// not finite.</exception>
    public static LanguageModel Read(LanguageModelOptions options, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ArgumentNullException.ThrowIfNull(stream);
        using var content = SafeTensors.Read(stream);
        var tensors = WithoutPrefix(content.Tensors);
        var table = Table(options);
        Require(table, tensors);
        FiniteValues.Require(tensors);
        var model = LanguageModel.WithoutValues(options);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        ModuleState.Copy(model, table.ToDictionary(entry => entry.Own, entry => entry.In(tensors[entry.Name])));
        return model;
    }

    private static Dictionary<string, Tensor> WithoutPrefix(IReadOnlyDictionary<string, Tensor> tensors)
    {
        var named = tensors.ToDictionary(
            item => item.Key.StartsWith(Prefix, StringComparison.Ordinal) ? item.Key[Prefix.Length..] : item.Key, item => item.Value);
        if (named.TryGetValue("lm_head.weight", out var head) && named.TryGetValue("wte.weight", out var embedding)
            && head.shape.SequenceEqual(embedding.shape) && head.eq(embedding).all().item<bool>()) named.Remove("lm_head.weight");
        return named;
    }

    private static void Require(IReadOnlyList<Entry> table, Dictionary<string, Tensor> tensors)
    {
        var faults = new List<string>();
        foreach (var entry in table)
        {
            if (!tensors.TryGetValue(entry.Name, out var tensor)) faults.Add($"'{entry.Name}' is missing");
            else if (!tensor.shape.SequenceEqual(entry.Shape)) faults.Add(
                $"'{entry.Name}' has shape ({string.Join(", ", tensor.shape)}) instead of ({string.Join(", ", entry.Shape)})");
            else if (tensor.dtype != ScalarType.Float32) faults.Add($"'{entry.Name}' is {tensor.dtype} instead of Float32");
        }

        faults.AddRange(tensors.Keys.Except(table.Select(entry => entry.Name)).Order(StringComparer.Ordinal)
            .Select(name => $"'{name}' is unexpected"));
        if (faults.Count > 0)
            throw new InvalidDataException($"These weights are not those of this LanguageModel: {string.Join("; ", faults)}. Nothing was "
                + "loaded. Use weights that Gpt2Weights wrote of a network with the same sizes and vocabulary.");
    }

    private static List<Entry> Table(LanguageModelOptions o)
    {
        var (width, wide, scale) = ((long)o.Width, (long)o.FeedForwardWidth, LanguageModel.Scale(o));
        var table = new List<Entry>
        {
            new("wte.weight", "embed.weight", [o.Vocabulary, width], Factor: scale),
            new("wpe.weight", "positions.weight", [o.MaxLength, width]),
        };
        for (var k = 0; k < o.Depth; k++)
        {
            AddNorm($"h.{k}.ln_1", $"blocks.{k}.norm1");
            AddProduct($"h.{k}.attn.c_attn", $"blocks.{k}.attn.qkv", width, 3 * width);
            AddProduct($"h.{k}.attn.c_proj", $"blocks.{k}.attn.proj", width, width);
            AddNorm($"h.{k}.ln_2", $"blocks.{k}.norm2");
            AddProduct($"h.{k}.mlp.c_fc", $"blocks.{k}.mlp.fc1", width, wide);
            AddProduct($"h.{k}.mlp.c_proj", $"blocks.{k}.mlp.fc2", wide, width);
        }

        AddNorm("ln_f", "norm", 1 / scale);
        return table;

        void AddNorm(string name, string own, double factor = 1)
        {
            table.Add(new($"{name}.weight", $"{own}.weight", [width], Factor: factor));
            table.Add(new($"{name}.bias", $"{own}.bias", [width], Factor: factor));
        }

        void AddProduct(string name, string own, long inputs, long outputs)
        {
            table.Add(new($"{name}.weight", $"{own}.weight", [inputs, outputs], IsTransposed: true));
            table.Add(new($"{name}.bias", $"{own}.bias", [outputs]));
        }
    }

    // A tensor of the file, and of the network.
    private sealed record Entry(string Name, string Own, long[] Shape, bool IsTransposed = false, double Factor = 1)
    {
        public Tensor Out(Tensor own) => IsTransposed ? own.t().contiguous() : Factor == 1 ? own : own.Times(Factor);

        public Tensor In(Tensor file) => IsTransposed ? file.t().contiguous() : Factor == 1 ? file : file.Times(1 / Factor);
    }
}
