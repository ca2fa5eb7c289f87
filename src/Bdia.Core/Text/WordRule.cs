namespace Bdia.Core.Text;

/// <summary>How a byte-pair tokenizer cuts text into words before it merges. Saved with it.</summary>
internal enum WordRule
{
    /// <summary>As tokenizers are trained here.</summary>
    Trained,

    /// <summary>As GPT-2 does.</summary>
    Gpt2,
}
