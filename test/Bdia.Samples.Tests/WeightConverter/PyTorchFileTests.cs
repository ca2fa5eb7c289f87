using Bdia.Data;
using Bdia.Samples.WeightConverter;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Samples.Tests.WeightConverter;

/// <summary>Files as torch.save writes them: a zip archive with a pickle in protocol 2, and a file for each storage.</summary>
public class PyTorchFileTests
{
    // An OrderedDict of tensors over one storage of 0.5, 1, ... 4: "whole" (a Parameter), "transposed" (strides 1, 4), "part" (from 5 on);
    // "half" in float16, "count" a whole number without dimensions.
    private const string State = """
        UEsDBBQAAAAAAGRMfV140GyRHwIAAB8CAAAQAAAAd2VpZ2h0cy9kYXRhLnBrbIACY2NvbGxlY3Rpb25zCk9yZGVyZWREaWN0CnEAKVJxAShYBQAAAHdo
        b2xlcQJjdG9yY2guX3V0aWxzCl9yZWJ1aWxkX3BhcmFtZXRlcgpxA2N0b3JjaC5fdXRpbHMKX3JlYnVpbGRfdGVuc29yX3YyCnEEKChYBwAAAHN0b3Jh
        Z2VxBWN0b3JjaApGbG9hdFN0b3JhZ2UKcQZYAQAAADBxB1gDAAAAY3B1cQhLCHRxCVFLAEsCSwSGcQpLBEsBhnELiWgAKVJxDHRxDVJxDohoAClScQ+H
        cRBScRFYCgAAAHRyYW5zcG9zZWRxEmgEKChoBWgGaAdoCEsIdHETUUsASwRLAoZxFEsBSwSGcRWJaAApUnEWdHEXUnEYWAQAAABwYXJ0cRloBCgoaAVo
        BmgHaAhLCHRxGlFLBUsDhXEbSwGFcRyJaAApUnEddHEeUnEfWAQAAABoYWxmcSBoBCgoaAVjdG9yY2gKSGFsZlN0b3JhZ2UKcSFYAQAAADFxImgISwJ0
        cSNRSwBLAoVxJGgciWgAKVJxJXRxJlJxJ1gFAAAAY291bnRxKGgEKChoBWN0b3JjaApMb25nU3RvcmFnZQpxKVgBAAAAMnEqaAhLAXRxK1FLACkpiWgA
        KVJxLHRxLVJxLnV9cS9YCQAAAF9tZXRhZGF0YXEwaAApUnExWAAAAABxMn1xM1gHAAAAdmVyc2lvbnE0SwFzc3NiLlBLAwQUAAAAAABkTH1dhT3jGQYA
        AAAGAAAAEQAAAHdlaWdodHMvYnl0ZW9yZGVybGl0dGxlUEsDBBQAAAAAAGRMfV2sGnooIAAAACAAAAAOAAAAd2VpZ2h0cy9kYXRhLzAAAAA/AACAPwAA
        wD8AAABAAAAgQAAAQEAAAGBAAACAQFBLAwQUAAAAAABkTH1d4FBCmQQAAAAEAAAADgAAAHdlaWdodHMvZGF0YS8xADQAwFBLAwQUAAAAAABkTH1dcNbn
        bwgAAAAIAAAADgAAAHdlaWdodHMvZGF0YS8yBwAAAAAAAABQSwMEFAAAAAAAZEx9XdGeZ1UCAAAAAgAAAA8AAAB3ZWlnaHRzL3ZlcnNpb24zClBLAQIU
        AxQAAAAAAGRMfV140GyRHwIAAB8CAAAQAAAAAAAAAAAAAACAAQAAAAB3ZWlnaHRzL2RhdGEucGtsUEsBAhQDFAAAAAAAZEx9XYU94xkGAAAABgAAABEA
        AAAAAAAAAAAAAIABTQIAAHdlaWdodHMvYnl0ZW9yZGVyUEsBAhQDFAAAAAAAZEx9XawaeiggAAAAIAAAAA4AAAAAAAAAAAAAAIABggIAAHdlaWdodHMv
        ZGF0YS8wUEsBAhQDFAAAAAAAZEx9XeBQQpkEAAAABAAAAA4AAAAAAAAAAAAAAIABzgIAAHdlaWdodHMvZGF0YS8xUEsBAhQDFAAAAAAAZEx9XXDW528I
        AAAACAAAAA4AAAAAAAAAAAAAAIAB/gIAAHdlaWdodHMvZGF0YS8yUEsBAhQDFAAAAAAAZEx9XdGeZ1UCAAAAAgAAAA8AAAAAAAAAAAAAAIABMgMAAHdl
        aWdodHMvdmVyc2lvblBLBQYAAAAABgAGAG4BAABhAwAAAAA=
        """;

    // {"model": the same, "epoch": 3}
    private const string Checkpoint = """
        UEsDBBQAAAAAAGRMfV3mhG3zPgIAAD4CAAAQAAAAd2VpZ2h0cy9kYXRhLnBrbIACfXEAKFgFAAAAbW9kZWxxAWNjb2xsZWN0aW9ucwpPcmRlcmVkRGlj
        dApxAilScQMoWAUAAAB3aG9sZXEEY3RvcmNoLl91dGlscwpfcmVidWlsZF9wYXJhbWV0ZXIKcQVjdG9yY2guX3V0aWxzCl9yZWJ1aWxkX3RlbnNvcl92
        MgpxBigoWAcAAABzdG9yYWdlcQdjdG9yY2gKRmxvYXRTdG9yYWdlCnEIWAEAAAAwcQlYAwAAAGNwdXEKSwh0cQtRSwBLAksEhnEMSwRLAYZxDYloAilS
        cQ50cQ9ScRCIaAIpUnERh3ESUnETWAoAAAB0cmFuc3Bvc2VkcRRoBigoaAdoCGgJaApLCHRxFVFLAEsESwKGcRZLAUsEhnEXiWgCKVJxGHRxGVJxGlgE
        AAAAcGFydHEbaAYoKGgHaAhoCWgKSwh0cRxRSwVLA4VxHUsBhXEeiWgCKVJxH3RxIFJxIVgEAAAAaGFsZnEiaAYoKGgHY3RvcmNoCkhhbGZTdG9yYWdl
        CnEjWAEAAAAxcSRoCksCdHElUUsASwKFcSZoHoloAilScSd0cShScSlYBQAAAGNvdW50cSpoBigoaAdjdG9yY2gKTG9uZ1N0b3JhZ2UKcStYAQAAADJx
        LGgKSwF0cS1RSwApKYloAilScS50cS9ScTB1fXExWAkAAABfbWV0YWRhdGFxMmgCKVJxM1gAAAAAcTR9cTVYBwAAAHZlcnNpb25xNksBc3NzYlgFAAAA
        ZXBvY2hxN0sDdS5QSwMEFAAAAAAAZEx9XYU94xkGAAAABgAAABEAAAB3ZWlnaHRzL2J5dGVvcmRlcmxpdHRsZVBLAwQUAAAAAABkTH1drBp6KCAAAAAg
        AAAADgAAAHdlaWdodHMvZGF0YS8wAAAAPwAAgD8AAMA/AAAAQAAAIEAAAEBAAABgQAAAgEBQSwMEFAAAAAAAZEx9XeBQQpkEAAAABAAAAA4AAAB3ZWln
        aHRzL2RhdGEvMQA0AMBQSwMEFAAAAAAAZEx9XXDW528IAAAACAAAAA4AAAB3ZWlnaHRzL2RhdGEvMgcAAAAAAAAAUEsDBBQAAAAAAGRMfV3RnmdVAgAA
        AAIAAAAPAAAAd2VpZ2h0cy92ZXJzaW9uMwpQSwECFAMUAAAAAABkTH1d5oRt8z4CAAA+AgAAEAAAAAAAAAAAAAAAgAEAAAAAd2VpZ2h0cy9kYXRhLnBr
        bFBLAQIUAxQAAAAAAGRMfV2FPeMZBgAAAAYAAAARAAAAAAAAAAAAAACAAWwCAAB3ZWlnaHRzL2J5dGVvcmRlclBLAQIUAxQAAAAAAGRMfV2sGnooIAAA
        ACAAAAAOAAAAAAAAAAAAAACAAaECAAB3ZWlnaHRzL2RhdGEvMFBLAQIUAxQAAAAAAGRMfV3gUEKZBAAAAAQAAAAOAAAAAAAAAAAAAACAAe0CAAB3ZWln
        aHRzL2RhdGEvMVBLAQIUAxQAAAAAAGRMfV1w1udvCAAAAAgAAAAOAAAAAAAAAAAAAACAAR0DAAB3ZWlnaHRzL2RhdGEvMlBLAQIUAxQAAAAAAGRMfV3R
        nmdVAgAAAAIAAAAPAAAAAAAAAAAAAACAAVEDAAB3ZWlnaHRzL3ZlcnNpb25QSwUGAAAAAAYABgBuAQAAgAMAAAAA
        """;

    // A tensor that reaches beyond its storage, and a storage that is a byte short.
    private const string Beyond = """
        UEsDBBQAAAAAAGRMfV3Ju8LxqgAAAKoAAAAQAAAAd2VpZ2h0cy9kYXRhLnBrbIACY2NvbGxlY3Rpb25zCk9yZGVyZWREaWN0CnEAKVJxAVgGAAAAYmV5
        b25kcQJjdG9yY2guX3V0aWxzCl9yZWJ1aWxkX3RlbnNvcl92MgpxAygoWAcAAABzdG9yYWdlcQRjdG9yY2gKRmxvYXRTdG9yYWdlCnEFWAEAAAAwcQZY
        AwAAAGNwdXEHSwh0cQhRSwZLA4VxCUsBhXEKiWgAKVJxC3RxDFJxDXMuUEsDBBQAAAAAAGRMfV2FPeMZBgAAAAYAAAARAAAAd2VpZ2h0cy9ieXRlb3Jk
        ZXJsaXR0bGVQSwMEFAAAAAAAZEx9XawaeiggAAAAIAAAAA4AAAB3ZWlnaHRzL2RhdGEvMAAAAD8AAIA/AADAPwAAAEAAACBAAABAQAAAYEAAAIBAUEsD
        BBQAAAAAAGRMfV3RnmdVAgAAAAIAAAAPAAAAd2VpZ2h0cy92ZXJzaW9uMwpQSwECFAMUAAAAAABkTH1dybvC8aoAAACqAAAAEAAAAAAAAAAAAAAAgAEA
        AAAAd2VpZ2h0cy9kYXRhLnBrbFBLAQIUAxQAAAAAAGRMfV2FPeMZBgAAAAYAAAARAAAAAAAAAAAAAACAAdgAAAB3ZWlnaHRzL2J5dGVvcmRlclBLAQIU
        AxQAAAAAAGRMfV2sGnooIAAAACAAAAAOAAAAAAAAAAAAAACAAQ0BAAB3ZWlnaHRzL2RhdGEvMFBLAQIUAxQAAAAAAGRMfV3RnmdVAgAAAAIAAAAPAAAA
        AAAAAAAAAACAAVkBAAB3ZWlnaHRzL3ZlcnNpb25QSwUGAAAAAAQABAD2AAAAiAEAAAAA
        """;

    private const string Short = """
        UEsDBBQAAAAAAGRMfV1SUmT3pQAAAKUAAAAQAAAAd2VpZ2h0cy9kYXRhLnBrbIACY2NvbGxlY3Rpb25zCk9yZGVyZWREaWN0CnEAKVJxAVgBAAAAd3EC
        Y3RvcmNoLl91dGlscwpfcmVidWlsZF90ZW5zb3JfdjIKcQMoKFgHAAAAc3RvcmFnZXEEY3RvcmNoCkZsb2F0U3RvcmFnZQpxBVgBAAAAMHEGWAMAAABj
        cHVxB0sIdHEIUUsASwiFcQlLAYVxColoAClScQt0cQxScQ1zLlBLAwQUAAAAAABkTH1dhT3jGQYAAAAGAAAAEQAAAHdlaWdodHMvYnl0ZW9yZGVybGl0
        dGxlUEsDBBQAAAAAAGRMfV1eQsh3HwAAAB8AAAAOAAAAd2VpZ2h0cy9kYXRhLzAAAAA/AACAPwAAwD8AAABAAAAgQAAAQEAAAGBAAACAUEsDBBQAAAAA
        AGRMfV3RnmdVAgAAAAIAAAAPAAAAd2VpZ2h0cy92ZXJzaW9uMwpQSwECFAMUAAAAAABkTH1dUlJk96UAAAClAAAAEAAAAAAAAAAAAAAAgAEAAAAAd2Vp
        Z2h0cy9kYXRhLnBrbFBLAQIUAxQAAAAAAGRMfV2FPeMZBgAAAAYAAAARAAAAAAAAAAAAAACAAdMAAAB3ZWlnaHRzL2J5dGVvcmRlclBLAQIUAxQAAAAA
        AGRMfV1eQsh3HwAAAB8AAAAOAAAAAAAAAAAAAACAAQgBAAB3ZWlnaHRzL2RhdGEvMFBLAQIUAxQAAAAAAGRMfV3RnmdVAgAAAAIAAAAPAAAAAAAAAAAA
        AACAAVMBAAB3ZWlnaHRzL3ZlcnNpb25QSwUGAAAAAAQABAD2AAAAggEAAAAA
        """;

    [Fact]
    public void Tensors_have_the_numbers_that_they_have_in_PyTorch()
    {
        using var folder = new TemporaryFolder();
        using var file = PyTorchFile.Read(Write(folder, State), null);
        Assert.Equal(["count", "half", "part", "transposed", "whole"], file.Tensors.Keys.Order());
        Assert.Equal([0.5f, 1, 1.5f, 2, 2.5f, 3, 3.5f, 4], file.Tensors["whole"].data<float>().ToArray());
        Assert.Equal([2, 4], file.Tensors["whole"].shape);
        Assert.Equal([0.5f, 2.5f, 1, 3, 1.5f, 3.5f, 2, 4], file.Tensors["transposed"].data<float>().ToArray());
        Assert.Equal([4, 2], file.Tensors["transposed"].shape);
        Assert.Equal([3, 3.5f, 4], file.Tensors["part"].data<float>().ToArray());
        Assert.Equal([0.25f, -2], file.Tensors["half"].to(ScalarType.Float32).data<float>().ToArray());
        Assert.Equal((ScalarType.Int64, 7L), (file.Tensors["count"].dtype, file.Tensors["count"].item<long>()));
    }

    [Fact]
    public void A_part_of_a_checkpoint_is_chosen_by_its_name()
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder, Checkpoint);
        using var file = PyTorchFile.Read(path, "model");
        Assert.Equal(5, file.Tensors.Count);
        var fault = Assert.Throws<InputException>(() => PyTorchFile.Read(path, null)).Message;
        Assert.Contains("'model'", fault, StringComparison.Ordinal);
        Assert.Contains("'epoch'", fault, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => PyTorchFile.Read(path, "epoch"));
    }

    [Fact]
    public void Damaged_files_are_told()
    {
        using var folder = new TemporaryFolder();
        Told("reaches beyond its storage", Write(folder, Beyond));
        Told("31 bytes, where 8 numbers of Float32 are stated", Write(folder, Short));
        File.WriteAllText(folder.At("text.pth"), "no archive");
        Told("before PyTorch 1.6", folder.At("text.pth"));
        var bytes = Convert.FromBase64String(Plain(State));
        File.WriteAllBytes(folder.At("cut.pth"), bytes[..(bytes.Length / 2)]);
        Told("cannot be read", folder.At("cut.pth"));

        static void Told(string text, string path)
            => Assert.Contains(text, Assert.Throws<InputException>(() => PyTorchFile.Read(path, null)).Message, StringComparison.Ordinal);
    }

    private static string Write(TemporaryFolder folder, string content)
    {
        File.WriteAllBytes(folder.At("weights.pth"), Convert.FromBase64String(Plain(content)));
        return folder.At("weights.pth");
    }

    private static string Plain(string content) => content.ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal);
}
