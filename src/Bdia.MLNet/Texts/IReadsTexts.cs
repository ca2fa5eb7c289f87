using Bdia.Core.Models;
using Bdia.Core.Text;

namespace Bdia.MLNet.Texts;

/// <summary>A fitted model with an encoder of texts, whose weights other tasks may begin with.</summary>
internal interface IReadsTexts
{
    /// <summary>The network.</summary>
    EncoderDecoder Network { get; }

    /// <summary>The tokenizer of what it reads.</summary>
    ITextTokenizer ReadTokenizer { get; }
}
