namespace Bdia.Core.Text;

/// <summary>A tokenizer that says what each of its tokens writes.</summary>
internal interface ISpelledTokenizer
{
    /// <summary>What each token adds to a text; null where texts are changed as a whole once they are joined.</summary>
    TokenSpelling? Spelling { get; }
}
