using System.Text.Json;
using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.Tool.CommandLine;
using Bdia.Tool.Tests.Support;

namespace Bdia.Tool.Tests.Commands;

[Collection(nameof(ModelTests))]
public sealed class PrecisionTests(Trained trained) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_processor_decides_unless_the_command_line_does()
    {
        foreach (var gains in new[] { true, false })
        {
            Assert.Equal(gains ? ComputePrecision.BFloat16 : ComputePrecision.Float32, PrecisionChoice.Auto.On(hasProducts: true, gains));
            Assert.Equal(ComputePrecision.Float32, PrecisionChoice.Auto.On(hasProducts: false, gains));
            Assert.Equal(ComputePrecision.Float32, PrecisionChoice.Float32.On(hasProducts: true, gains));
            Assert.Equal(ComputePrecision.BFloat16, PrecisionChoice.BFloat16.On(hasProducts: true, gains));
        }

        var fault = Assert.Throws<ToolException>(() => PrecisionChoice.BFloat16.On(hasProducts: false, gains: true));
        Assert.Equal(ExitCode.CommandLine, fault.Code);
        Assert.Contains("Give --precision Float32, or leave it out.", fault.Message, StringComparison.Ordinal);
        Command.Run("text-classification", "--dataset", "x", "--precision", "half").Failed(ExitCode.CommandLine,
            "--precision is half; give one of Auto, Float32, BFloat16");
    }

    [Fact]
    public void It_is_told_kept_in_the_facts_and_part_of_the_code()
    {
        trained.Texts();
        Check("Float32", "text-classification", "--dataset", trained.Messages, "--label-col", "topic", "--text-col", "message");
        trained.Pictures();
        Check(BdiaRuntime.HasBFloat16Products ? "BFloat16" : "Float32", "image-classification", "--dataset", trained.PictureFolder);
        Check("Float32", "image-classification", "--dataset", trained.PictureFolder, "--precision", "float32");
    }

    private void Check(string precision, params string[] arguments)
    {
        var place = folder.At(Guid.NewGuid().ToString("N"));
        var result = Command.Run([.. arguments, "--epochs", "1", "--name", "Made", "--output", place, "--log-file-path",
            Path.Combine(place, "run.log")]).Succeeded();

        Assert.Contains($"Precision of matrix products: {precision}", result.Output, StringComparison.Ordinal);
        Assert.Equal(precision == "BFloat16", Read("run.log").Contains("Precision is BFloat16", StringComparison.Ordinal));
        var facts = JsonDocument.Parse(Read("Made.json")).RootElement;
        Assert.Equal(precision, facts.GetProperty("options").GetProperty("Precision").GetString());
        Assert.Contains(precision, Read("Made.report.html"), StringComparison.Ordinal);
        Assert.Contains($"Precision = ComputePrecision.{precision},", Read("Made.Model/Made.training.cs"), StringComparison.Ordinal);

        string Read(string file) => File.ReadAllText(Path.Combine(place, file));
    }
}
