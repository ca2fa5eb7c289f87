namespace Bdia.Core.Training;

/// <summary>An epoch whose weights are kept for an average.</summary>
/// <param name="Epoch">Its number, 1 for the first.</param>
/// <param name="Figure">What it is judged by, higher is better; null where it was not validated.</param>
/// <param name="Loss">Its validation loss, which decides between equal figures.</param>
internal sealed record KeptEpoch(int Epoch, double? Figure, double? Loss);
