using Bdia.Core.Text;
using static TorchSharp.torch;

namespace Bdia.MLNet.Texts;

/// <summary>A fitted model of another task whose network reads texts, and whose weights others may begin with.</summary>
internal interface IReadsTexts
{
    /// <summary>The network: an encoder-decoder or a language model.</summary>
    nn.Module Network { get; }

    /// <summary>The tokenizer of what it reads.</summary>
    ITextTokenizer ReadTokenizer { get; }
}
