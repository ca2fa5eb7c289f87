using System.Text.Json.Nodes;

namespace Bdia.Core.Tests.Text;

/// <summary>A small byte-level BPE in the files of other libraries.</summary>
internal static class ForeignTokenizers
{
    /// <summary>First merged first, spelled in GPT-2's alphabet of bytes.</summary>
    public static readonly string[] Merges =
    [
        "Ġ t", "h e", "Ġt he", "i n", "in g", "1 2", "12 3", "ð Ł", "ðŁ ĺ", "Ġ Ġ", "' s", "! !", "Ã ©", "c a", "ca f", "caf Ã©", "Ċ Ċ", 
        "Ġ 1", "ð Ŀ", "ðĿ Ĳ", "a ðĿĲ",
    ];

    /// <summary>Tokens that stay whole, behind the vocabulary.</summary>
    public static readonly string[] Added = ["<|end|>", "<é >"];

    /// <summary>Tokens by id: the bytes, then what the merges make.</summary>
    public static string[] Tokens { get; } =
    [
        .. Enumerable.Range(0, 256).Select(value => Character((byte)value).ToString()),
        .. Merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal)),
    ];

    /// <summary>A tokenizer.json, for a test to change.</summary>
    public static JsonObject HuggingFace() => new()
    {
        ["version"] = "1.0",
        ["added_tokens"] = new JsonArray([.. Added.Select((token, i) => (JsonNode)new JsonObject
        {
            ["id"] = Tokens.Length + i, ["content"] = token, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false,
            ["normalized"] = false, ["special"] = true,
        })]),
        ["normalizer"] = null,
        ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true,
            ["use_regex"] = true },
        ["post_processor"] = null,
        ["decoder"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true },
        ["model"] = new JsonObject
        {
            ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = null, ["continuing_subword_prefix"] = "", ["end_of_word_suffix"] = "",
            ["fuse_unk"] = false, ["byte_fallback"] = false, ["ignore_merges"] = false,
            ["vocab"] = new JsonObject(Tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id))),
            ["merges"] = new JsonArray([.. Merges.Select(merge => (JsonNode)merge)]),
        },
    };

    /// <summary>A tiktoken file.</summary>
    public static string Tiktoken()
        => string.Concat(Tokens.Select((token, rank) => $"{Convert.ToBase64String([.. token.Select(Byte)])} {rank}\n"));

    private static char Character(byte value)
        => IsPrinted(value) ? (char)value : (char)(0x100 + Enumerable.Range(0, value).Count(other => !IsPrinted(other)));

    private static bool IsPrinted(int value) => value is (>= '!' and <= '~') or (>= 0xa1 and <= 0xac) or >= 0xae;

    private static byte Byte(char character) => (byte)Enumerable.Range(0, 256).First(value => Character((byte)value) == character);
}
