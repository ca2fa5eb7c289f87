using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Bdia.Core.Text;
using CsCheck;

namespace Bdia.Core.Tests.Text;

/// <summary>
/// Ids against SentencePiece's own programs on random text, for models that they train here. Skipped where they are not installed (Debian:
/// sentencepiece).
/// </summary>
[Trait("Category", "Slow")]
public sealed class SentencePieceOracleTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bdia-spm-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("--model_type=unigram --pad_id=0 --eos_id=1 --unk_id=2 --bos_id=-1")]
    [InlineData("--model_type=unigram --user_defined_symbols=<sep>,dog,the --byte_fallback --vocab_size=600")]
    [InlineData("--model_type=unigram --normalization_rule_name=nfkc_cf --remove_extra_whitespaces=false")]
    [InlineData("--model_type=unigram --treat_whitespace_as_suffix")]
    [InlineData("--model_type=bpe --user_defined_symbols=<sep>,dog,the")]
    [InlineData("--model_type=bpe --byte_fallback --vocab_size=600 --split_digits")]
    [InlineData("--model_type=bpe --normalization_rule_name=identity --remove_extra_whitespaces=false --add_dummy_prefix=false")]
    [InlineData("--model_type=char --user_defined_symbols=dog")]
    [InlineData("--model_type=word")]
    public void Ids_are_those_of_spm_encode(string settings)
    {
        var (corpus, model) = (Path.Combine(folder, "corpus.txt"), Path.Combine(folder, "m"));
        File.WriteAllLines(corpus, Corpus.Lines(3000).Select(OneLine));
        Run("spm_train", $"--input={corpus} --model_prefix={model} --vocab_size=300 --hard_vocab_limit=false --num_threads=1 "
            + $"--minloglevel=2 {settings}", "");
        var texts = new List<string>(Corpus.Lines(200, seed: 2).Select(OneLine));
        Corpus.AnyText.Select(OneLine).Sample(texts.Add, iter: 400, threads: 1);
        var tokenizer = TextTokenizer.FromSentencePiece(model + ".model");
        var expected = Run("spm_encode", $"--model={model}.model --output_format=id", string.Join('\n', texts)).Split('\n');
        for (var i = 0; i < texts.Count; i++)
            Assert.True(expected[i] == string.Join(' ', tokenizer.Encode(texts[i])), $"'{texts[i]}': {expected[i]} expected");
    }

    // The programs read a text per line, and know no lone surrogates.
    private static string OneLine(string text) => new TextNormalization { CollapseWhiteSpace = false }.Apply(text).Replace('\n', ' ');

    private static string Run(string program, string arguments, string input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false), StandardOutputEncoding = Encoding.UTF8,
        };
        try
        {
            using var process = Process.Start(start)!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{program} {arguments}: {errors.Result}");
            return output.Result;
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{program} of SentencePiece is not installed");
            return "";
        }
    }
}
