namespace Bdia.Core.ImageClassification;

/// <summary>Labelled images, read one after the other. What does not fit into memory is read anew in every epoch.</summary>
public interface IImageRows
{
    /// <summary>One pass over the usable rows: always the same rows in the same order. May be called while another pass is under way, from another thread.</summary>
    /// <returns>The rows; each is copied before the next is asked for.</returns>
    IEnumerable<ImageRow> Read();
}
