using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Bdia.Tests.Dependencies;

/// <summary>Reads instructions as far as needed to find what they name.</summary>
internal static class Instructions
{
    private const byte Prefix = 0xFE;

    private static readonly Dictionary<ushort, OperandType> Operands = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => (ushort)code.Value, code => code.OperandType);

    /// <summary>The types, methods, fields and signatures that a method's instructions name.</summary>
    public static IEnumerable<EntityHandle> Tokens(BlobReader code)
        => All(code).Where(token => token.Kind != HandleKind.UserString).Select(token => (EntityHandle)token);

    /// <summary>The texts that a method's instructions name.</summary>
    public static IEnumerable<UserStringHandle> Texts(BlobReader code)
        => All(code).Where(token => token.Kind == HandleKind.UserString).Select(token => (UserStringHandle)token);

    private static List<Handle> All(BlobReader code)
    {
        var found = new List<Handle>();
        while (code.RemainingBytes > 0)
        {
            ushort operation = code.ReadByte();
            if (operation == Prefix) operation = (ushort)(Prefix << 8 | code.ReadByte());
            switch (Operands[operation])
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok
                    or OperandType.InlineType or OperandType.InlineSig or OperandType.InlineString:
                    found.Add(MetadataTokens.Handle(code.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    var cases = code.ReadInt32(); // first: reading moves the offset
                    code.Offset += sizeof(int) * cases;
                    break;
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset += 1;
                    break;
                case OperandType.InlineVar:
                    code.Offset += 2;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += 8;
                    break;
                default: // branch targets, int, float
                    code.Offset += 4;
                    break;
            }
        }

        return found;
    }
}
