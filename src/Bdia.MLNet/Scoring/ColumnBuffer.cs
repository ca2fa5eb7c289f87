using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Scoring;

/// <summary>
/// The values of one source column for the rows of a batch. The source is read once and only forwards, so what stands beside the
/// model's input has to be kept until the row is served. A value that the source could not give is a fault only for those who read it.
/// </summary>
internal abstract class ColumnBuffer(int capacity)
{
    private readonly ExceptionDispatchInfo?[] faults = new ExceptionDispatchInfo?[capacity];

    public static ColumnBuffer Create(DataViewRow source, DataViewSchema.Column column, int capacity)
    {
        var (buffer, value) = column.Type is VectorDataViewType vector
            ? (typeof(VectorBuffer<>), vector.ItemType.RawType)
            : (typeof(ScalarBuffer<>), column.Type.RawType);
        return (ColumnBuffer)Activator.CreateInstance(buffer.MakeGenericType(value), source, column, capacity)!;
    }

    /// <summary>Takes the value of the row at which the source stands.</summary>
    public void Read(int slot)
    {
        faults[slot] = null;
        try
        {
            ReadCore(slot);
        }
        catch (Exception e)
        {
            faults[slot] = ExceptionDispatchInfo.Capture(e);
        }
    }

    public abstract Delegate CreateGetter(Func<int> slot);

    protected abstract void ReadCore(int slot);

    private int Sound(int slot)
    {
        faults[slot]?.Throw();
        return slot;
    }

    // Reference types (images) are handed on as they are. Their owner stays the source: its getter disposes what it put into this
    // slot a batch ago, exactly as it would for a reader that asks row by row.
    private sealed class ScalarBuffer<T>(DataViewRow source, DataViewSchema.Column column, int capacity) : ColumnBuffer(capacity)
    {
        private readonly ValueGetter<T> getter = source.GetGetter<T>(column);
        private readonly T[] values = new T[capacity];

        protected override void ReadCore(int slot) => getter(ref values[slot]);

        public override Delegate CreateGetter(Func<int> slot) => (ValueGetter<T>)((ref T value) => value = values[Sound(slot())]);
    }

    private sealed class VectorBuffer<T>(DataViewRow source, DataViewSchema.Column column, int capacity) : ColumnBuffer(capacity)
    {
        private readonly ValueGetter<VBuffer<T>> getter = source.GetGetter<VBuffer<T>>(column);
        private readonly VBuffer<T>[] values = new VBuffer<T>[capacity];

        protected override void ReadCore(int slot) => getter(ref values[slot]);

        public override Delegate CreateGetter(Func<int> slot)
            => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => values[Sound(slot())].CopyTo(ref value));
    }
}
