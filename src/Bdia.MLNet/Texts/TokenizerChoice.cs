using Bdia.Core.Common;
using Bdia.Core.Text;

namespace Bdia.MLNet.Texts;

/// <summary>A ready tokenizer as options give it: an object, or files.</summary>
internal static class TokenizerChoice
{
    /// <summary>Notes what is wrong with the choice.</summary>
    /// <param name="faults">Where it is noted.</param>
    /// <param name="side">What the names of the options begin with: "Source", or nothing.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="file">The file of a tokenizer, or of a vocabulary.</param>
    /// <param name="merges">The file of the merges that belong to the vocabulary.</param>
    public static void RequireTokenizer(this OptionFaults faults, string side, ITextTokenizer? tokenizer, string? file, string? merges)
    {
        if (tokenizer is not null)
            faults.Add(SavingFault(tokenizer));
        if (tokenizer is not null && file is not null)
            faults.Add($"{side}Tokenizer and {side}TokenizerFile are both given; give one of them.");
        if (merges is not null && file is null)
            faults.Add($"{side}MergesFile is '{merges}', but {side}TokenizerFile is null; give the vocabulary that belongs to the merges.");
        if (file is not null && !File.Exists(file))
            faults.Add($"{side}TokenizerFile is '{file}', but there is no such file.");
        if (merges is not null && !File.Exists(merges))
            faults.Add($"{side}MergesFile is '{merges}', but there is no such file.");
    }

    /// <summary>The tokenizer of the files; null where none are named.</summary>
    /// <exception cref="InvalidDataException">A file is no tokenizer of its kind.</exception>
    public static ITextTokenizer? Read(string? file, string? merges, TextNormalization? normalization)
        => file is null ? null : TextTokenizer.FromFile(file, merges, normalization);

    // No model that is trained with it could be saved.
    private static string? SavingFault(ITextTokenizer tokenizer)
    {
        try
        {
            TextTokenizer.Save(tokenizer, Stream.Null);
            return null;
        }
        catch (ArgumentException fault)
        {
            return fault.Message;
        }
    }
}
