namespace Bdia.Core.Onnx;

/// <summary>A setting of a node.</summary>
/// <param name="Name">As the operator's specification has it.</param>
/// <param name="Value">A <see cref="long"/>, an array of them, or a <see cref="float"/>.</param>
public sealed record OnnxAttribute(string Name, object Value)
{
    // AttributeProto.AttributeType
    private const int Float = 1, Int = 2, Ints = 7;

    /// <summary>An AttributeProto.</summary>
    internal ProtoMessage ToProto()
    {
        var proto = new ProtoMessage().Add(1, Name);
        switch (Value)
        {
            case long number: return proto.Add(3, number).Add(20, Int);
            case float number: return proto.Add(2, number).Add(20, Float);
            case long[] numbers:
                foreach (var number in numbers) proto.Add(8, number);
                return proto.Add(20, Ints);
            default: throw new NotSupportedException($"Attribute '{Name}' is a {Value?.GetType()}; give a long, a long[] or a float.");
        }
    }
}
