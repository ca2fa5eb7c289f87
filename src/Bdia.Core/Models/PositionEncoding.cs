namespace Bdia.Core.Models;

/// <summary>How a network is told the place of a token.</summary>
public enum PositionEncoding
{
    /// <summary>Sines and cosines (Vaswani et al., 2017): no weights, no longest text.</summary>
    Sinusoidal,

    /// <summary>A trained vector for each place; texts can be no longer than in training.</summary>
    Learned,
}
