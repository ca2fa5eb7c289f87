// Turns weights that torch.save has written (.pth, .pt, .bin) into a safetensors file, which InitialWeights takes.
// Nothing in the file is run: of Python's classes those alone are made that a dictionary of tensors consists of.

using Bdia.Core.Formats;
using Bdia.Core.Native;
using Bdia.Core.Pretrained;
using Bdia.Data;
using Bdia.Samples.WeightConverter;

if (args is not ([_, _] or [_, _, _]))
{
    Console.Error.WriteLine("Give the file of PyTorch and the safetensors file to write: WeightConverter weights.pth model.safetensors "
        + "[KEY]. "
        + "KEY says which part of a checkpoint the weights are, such as model or state_dict.");
    return 1;
}

try
{
    BdiaRuntime.EnsureLoaded();
    using var weights = PyTorchFile.Read(args[0], args.ElementAtOrDefault(2));
    // Whole, or not at all.
    var unfinished = args[1] + ".unfinished";
    using (var stream = File.Create(unfinished))
        SafeTensors.Write(stream, weights.Tensors, new Dictionary<string, string> { ["format"] = "pt" });
    File.Move(unfinished, args[1], overwrite: true);
    Console.WriteLine($"{weights.Tensors.Count} tensors, {weights.Tensors.Values.Sum(tensor => tensor.numel()):N0} values: {args[1]}");
    Console.WriteLine(Told(args[1]));
    return 0;
}
catch (Exception fault) when (fault is InputException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}

// What InitialWeights will say of it; a config.json belongs beside it.
static string Told(string path)
{
    try
    {
        var options = PretrainedVisionTransformer.FromFile(path).Options;
        return $"A vision transformer: width {options.Width}, {options.Depth} blocks, patch {options.PatchSize}.";
    }
    catch (InvalidDataException fault)
    {
        return fault.Message;
    }
}
