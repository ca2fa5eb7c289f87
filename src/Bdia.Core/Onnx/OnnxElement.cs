namespace Bdia.Core.Onnx;

/// <summary>Element types of tensors, by their numbers in the format (TensorProto.DataType).</summary>
internal enum OnnxElement
{
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    Int64 = 7,
}
