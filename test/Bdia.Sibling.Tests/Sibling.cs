using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Microsoft.ML;
using Microsoft.ML.Tokenizers;
using Microsoft.ML.TorchSharp;
using Microsoft.ML.TorchSharp.NasBert;
using TorchSharp;

namespace Bdia.Sibling.Tests;

/// <summary>Microsoft.ML.TorchSharp, as published, and what it keeps to itself.</summary>
internal static class Sibling
{
    public static readonly Assembly Library = typeof(TextClassificationTrainer).Assembly;

    /// <summary>Members of TorchSharp that it calls and that are not there.</summary>
    public static IReadOnlyList<string> MissingMembers()
    {
        using var stream = File.OpenRead(Library.Location);
        using var file = new PEReader(stream);
        var reader = file.GetMetadataReader();
        var missing = new List<string>();
        foreach (var handle in reader.MemberReferences)
        {
            var token = MetadataTokens.GetToken(handle);
            try
            {
                Library.ManifestModule.ResolveMember(token);
            }
            catch (Exception fault) when (fault is MissingMemberException or TypeLoadException)
            {
                missing.Add(reader.GetString(reader.GetMemberReference(handle).Name));
            }
            catch (Exception fault) when (fault is ArgumentException or BadImageFormatException)
            {
                // of a generic type or method, whose arguments only its callers know
            }
        }

        return missing;
    }

    /// <summary>Calls one of the methods with which its networks set their first weights.</summary>
    public static void Initialise(string method, params object[] arguments)
        => Library.GetType("Microsoft.ML.TorchSharp.Utils.ModelUtils", throwOnError: true)!
            .GetMethod(method, BindingFlags.Public | BindingFlags.Static)!.Invoke(null, arguments);

    /// <summary>Puts a file where its trainer looks before it downloads: an encoder as the library itself makes and saves it.</summary>
    public static void SaveEncoder(MLContext context, int classes)
    {
        var tokenizer = (EnglishRobertaTokenizer)Library
            .GetType("Microsoft.ML.TorchSharp.Extensions.TokenizerExtensions", throwOnError: true)!
            .GetMethod("GetInstance", BindingFlags.NonPublic | BindingFlags.Static)!.Invoke(null, [null])!;
        var options = new TextClassificationTrainer.TextClassificationOptions();
        using var model = (torch.nn.Module)Activator.CreateInstance(
            Library.GetType("Microsoft.ML.TorchSharp.NasBert.Models.ModelForPrediction", throwOnError: true)!,
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null,
            [options, tokenizer.PadIndex, tokenizer.SymbolsCount, classes], null)!;
        var encoder = (torch.nn.Module)model.GetType().GetMethod("GetEncoder")!.Invoke(model, null)!;
        var folder = Directory.CreateDirectory(Path.Combine(context.TempFilePath, "mlnet"));
        encoder.save(Path.Combine(folder.FullName, "NasBert2000000.tsm"));
    }
}
