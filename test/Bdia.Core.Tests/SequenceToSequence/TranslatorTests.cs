using System.Text.Json.Nodes;
using Bdia.Core.Decoding;
using Bdia.Core.Formats;
using Bdia.Core.Models;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;

namespace Bdia.Core.Tests.SequenceToSequence;

public class TranslatorTests
{
    private static readonly ITextTokenizer Tokenizer = TextTokenizer.Train(
        Toy.Pairs(50).Read().SelectMany(pair => (string[])[pair.Source, pair.Target]), new() { VocabularySize = 300 });
    private static readonly string[] Texts = ["ab cd", "ef", "", "ab ab ab cd ef", "never seen"];

    // Untrained: what it says means nothing, but it says the same each time.
    private static Translator New(LongTextPolicy longTexts = LongTextPolicy.Truncate, int maxTokens = 20,
        DecodingOptions? decoding = null, ulong seed = 3, ITextTokenizer? target = null, int? maxLengthConstant = null)
    {
        target ??= Tokenizer;
        var model = TranslatorTrainingTests.Tiny with { SourceVocabulary = Tokenizer.Size + 3,
            TargetVocabulary = target.Size + 3, ShareEmbeddings = target == Tokenizer };
        return new Translator(new EncoderDecoder(model, seed), Tokenizer, target, maxTokens, longTexts, decoding
            ?? new() { MaxLengthConstant = 5 }, maxLengthConstant: maxLengthConstant);
    }

    private static IReadOnlyList<IReadOnlyList<Translation>> Translate(Translator translator, IReadOnlyList<string> texts,
        DecodingOptions? decoding = null)
        => translator.Translate(texts, decoding, TestContext.Current.CancellationToken);

    private static Translator Reload(Translator translator, Func<string, string>? change = null)
    {
        using var weights = new MemoryStream();
        translator.SaveWeights(weights);
        weights.Position = 0;
        return Translator.Load(weights, change is null ? translator.ToJson() : change(translator.ToJson()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Saved_and_loaded_it_gives_the_same_texts_and_scores_to_the_last_bit(bool shared)
    {
        var target = shared ? null : TextTokenizer.Train(["xyz uv w xyz uv w"],
            new() { TokenLevel = TokenLevel.Character, VocabularySize = 280 }, TestContext.Current.CancellationToken);
        var decoding = new DecodingOptions { BeamSize = 3, BestCount = 2, MaxLengthConstant = 4, LengthPenalty = 0.9 };
        using var translator = New(LongTextPolicy.Throw, 30, decoding, target: target);
        using var loaded = Reload(translator);
        Assert.Equal(Translate(translator, Texts).SelectMany(t => t), Translate(loaded, Texts).SelectMany(t => t));
        Assert.Equal((30, LongTextPolicy.Throw, decoding), (loaded.MaxTokens, loaded.LongTexts, loaded.Decoding));
        Assert.Equal(shared, ReferenceEquals(loaded.SourceTokenizer, loaded.TargetTokenizer));
        Assert.Equal(translator.ToJson(), loaded.ToJson());
        Assert.Null(loaded.Result);
    }

    [Fact]
    public void The_longest_output_that_training_fitted_is_saved_and_holds_where_nothing_else_is_asked_for()
    {
        using var given = New(decoding: new() { BeamSize = 1 }, maxLengthConstant: 9);
        using var loaded = Reload(given);
        Assert.Equal((9, (int?)null), (loaded.MaxLengthConstant, loaded.Decoding.MaxLengthConstant));
        var fitted = Translate(loaded, ["ab"])[0][0];
        Assert.Equal(Translate(given, ["ab"], new() { BeamSize = 1, MaxLengthConstant = 9 })[0][0], fitted);
        Assert.False(fitted.Finished); // an untrained network ends nothing: it writes as much as it may
        Assert.NotEqual(Translate(loaded, ["ab"], new() { BeamSize = 1, MaxLengthConstant = 8 })[0][0].Text, fitted.Text);

        // As they were saved before: a constant in the decoding, and none beside it.
        using var old = Reload(given, json => json.Replace("\"MaxLengthConstant\": 9", "\"MaxLengthConstant\": "
            + "null", StringComparison.Ordinal)
            .Replace("\"MaxLengthConstant\": null,\n    \"Sample\"", "\"MaxLengthConstant\": 50,\n    \"Sample\"",
            StringComparison.Ordinal));
        Assert.Equal((50, 50), (old.MaxLengthConstant, old.Decoding.MaxLengthConstant));
        Assert.Throws<InvalidDataException>(
            () => Reload(given, json => json.Replace("\"MaxLengthConstant\": 9", "\"MaxLengthConstant\": -9", StringComparison.Ordinal)));
    }

    [Fact]
    public void Empty_null_and_white_texts_give_the_empty_text_with_score_0_in_their_places()
    {
        using var translator = New(decoding: new() { BeamSize = 2, BestCount = 2, MaxLengthConstant = 5 });
        var translations = Translate(translator, ["ab", "", " \t\n", null!, "\u0000\u0001", "ab"]);
        foreach (var empty in translations.Skip(1).Take(4)) Assert.Equal([new Translation("", 0, true)], empty);
        Assert.Equal(2, translations[0].Count);
        Assert.Equal(translations[0], translations[5]);
        Assert.True(translations[0][0].Score >= translations[0][1].Score);
        Assert.Empty(Translate(translator, []));
        Assert.Equal("", Translate(translator, [""])[0][0].Text);
    }

    [Fact]
    public void A_long_text_is_cut_or_named_by_its_index()
    {
        var text = string.Join(' ', Enumerable.Repeat("zq", 40));
        using var cut = New(maxTokens: 9);
        Assert.True(cut.CountTokens(text) > 9);
        var kept = string.Concat(Tokenizer.Decode(Tokenizer.Encode(text).Take(8)));
        Assert.Equal(9, cut.CountTokens(kept));
        Assert.Equal(Translate(cut, [kept])[0], Translate(cut, [text])[0]);

        using var strict = New(LongTextPolicy.Throw, 9);
        var fault = Assert.Throws<ArgumentException>(() => Translate(strict, ["ab", kept, text]));
        Assert.StartsWith($"Text 2 has {cut.CountTokens(text)} tokens, end token included; MaxTokens is 9.",
            fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_goes_through()
    {
        using var translator = New(maxTokens: 12);
        string[] texts = ["\ud800", "a\u0000b\u001b[0m", "\ud83d\ude00\u0301", new string('x', 1 << 20), "日本語", "\u202eabc"];
        Assert.Equal(texts.Length, Translate(translator, texts).Count);
    }

    [Fact]
    public void Several_threads_get_what_one_gets()
    {
        using var translator = New();
        var alone = Texts.Select(text => Translate(translator, [text])[0][0].Text).ToArray();
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
            Assert.Equal(alone[i % Texts.Length], Translate(translator, [Texts[i % Texts.Length]])[0][0].Text));
    }

    [Fact]
    public void A_cancelled_call_ends_by_an_exception()
    {
        using var translator = New();
        Assert.Throws<OperationCanceledException>(() => translator.Translate(Texts, cancellation: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Wrong_decoding_options_are_refused()
    {
        using var translator = New();
        Assert.Contains("BeamSize is 0",
            Assert.Throws<ArgumentException>(() => Translate(translator, ["ab"], new() { BeamSize = 0 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_that_do_not_belong_together_are_refused()
    {
        using var model = new EncoderDecoder(TranslatorTrainingTests.Tiny with { SourceVocabulary = 10, TargetVocabulary = 10 }, 1);
        Assert.Contains("the network has 10 and 10",
            Assert.Throws<ArgumentException>(() => new Translator(model, Tokenizer, Tokenizer, 20, default, new())).Message,
            StringComparison.Ordinal);
        var alphabet = new AlphabetTokenizer("abcdefg");
        Assert.Contains("MaxTokens is 600; it must be 2..512",
            Assert.Throws<ArgumentException>(() => new Translator(model, alphabet, alphabet, 600, default, new())).Message,
            StringComparison.Ordinal);
        Assert.Contains("LongTexts is 7",
            Assert.Throws<ArgumentException>(() => new Translator(model, alphabet, alphabet, 20, (LongTextPolicy)7, new())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_foreign_or_newer_description_is_told_apart()
    {
        using var translator = New();
        Refuses("has no FormatVersion", _ => "{}");
        Refuses("has no FormatVersion", _ => "[1]");
        Refuses("has format version 2; this library reads version 1", Set("FormatVersion", 2));
        Refuses("cannot be read", json => json[..(json.Length / 2)]);
        Refuses("lacks the model, the tokenizer or the decoding", Set("SourceTokenizer", null));
        Refuses("lacks the model, the tokenizer or the decoding", Set("Decoding", null));
        Refuses("cannot be read", Set("SourceTokenizer", "no base 64!"));
        Refuses("MaxTokens is 1", Set("MaxTokens", 1));
        Refuses("LongTexts", Set("LongTexts", "Ignore"));
        Refuses("the network has", Edit(root => (root["Model"]!["SourceVocabulary"], root["Model"]!["TargetVocabulary"]) = (77, 77)));
        Refuses("BeamSize is 1000", Edit(root => root["Decoding"]!["BeamSize"] = 1000));
        Refuses("options and weights do not belong together", Edit(root => root["Model"]!["Width"] = 64));
        var bytes = Convert.FromBase64String((string)JsonNode.Parse(translator.ToJson())!["SourceTokenizer"]!);
        Refuses("", Set("SourceTokenizer", Convert.ToBase64String(bytes[..^5])));

        void Refuses(string text, Func<string, string> change)
            => Assert.Contains(text, Assert.Throws<InvalidDataException>(() => Reload(translator, change).Dispose()).Message,
                StringComparison.Ordinal);

        static Func<string, string> Set(string name, JsonNode? value) => Edit(root => root[name] = value);

        static Func<string, string> Edit(Action<JsonNode> edit) => json =>
        {
            var root = JsonNode.Parse(json)!;
            edit(root);
            return root.ToJsonString();
        };
    }

    [Fact]
    public void Damaged_weights_are_refused()
    {
        using var translator = New();
        using var weights = new MemoryStream();
        translator.SaveWeights(weights);
        Assert.Throws<InvalidDataException>(
            () => Translator.Load(new MemoryStream(weights.ToArray()[..^9]), translator.ToJson()).Dispose());
        using var empty = new MemoryStream();
        SafeTensors.Write(empty, []);
        empty.Position = 0;
        Assert.Contains("options and weights do not belong together", Assert.Throws<InvalidDataException>(
            () => Translator.Load(empty, translator.ToJson()).Dispose()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disposed_translator_says_so()
    {
        var translator = New();
        translator.Dispose();
        translator.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Translate(translator, ["ab"]));
        Assert.Throws<ObjectDisposedException>(() => translator.SaveWeights(Stream.Null));
    }
}
