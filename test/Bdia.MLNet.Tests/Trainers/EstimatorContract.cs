using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.Trainers;

/// <summary>What every Bdia trainer and its transformer must do as citizens of ML.NET, whatever their task.</summary>
public abstract class EstimatorContract<TTransformer> where TTransformer : BdiaTransformer
{
    /// <summary>How far a score may move with the rows beside it in a batch.</summary>
    protected virtual double BatchTolerance => 1e-5;

    protected MLContext Context { get; } = new(seed: 1);

    /// <summary>The smallest useful trainer.</summary>
    protected abstract BdiaTrainer<TTransformer> Trainer(MLContext context);

    /// <summary>Rows with all columns that the trainer reads, in which <paramref name="without"/> is left out.</summary>
    protected abstract IDataView Data(MLContext context, int rows = 24, string? without = null);

    /// <summary>A model trained once on <see cref="Data"/>, shared by the tests, not to be disposed.</summary>
    protected abstract TTransformer Fitted { get; }

    /// <summary>The role that ML.NET's messages give a column, column, a type that will not do, and the message's end.</summary>
    public abstract IReadOnlyList<(string Role, string Column, DataViewType WrongType, string Message)> Faults { get; }

    protected abstract string[] Outputs { get; }

    private ScoredRows Score(ITransformer model, IDataView data) => ScoredRows.Of(model.Transform(data), Outputs);

    [Fact]
    public void The_schema_promised_before_fitting_is_the_one_after_transforming()
    {
        var data = Data(Context);
        var promised = Trainer(Context).GetOutputSchema(Shapes.Of(data.Schema));
        var transformed = Shapes.Of(Fitted.Transform(data).Schema);

        Assert.Equal(Shapes.Describe(transformed), Shapes.Describe(promised));
        Assert.Equal(Shapes.Describe(transformed), Shapes.Describe(Shapes.Of(Fitted.GetOutputSchema(data.Schema))));
    }

    [Fact]
    public void Missing_columns_and_columns_of_another_type_are_told_in_ML_NET_s_words_by_estimator_and_transformer()
    {
        foreach (var (role, column, wrongType, message) in Faults)
        {
            var missing = Data(Context, without: column).Schema;
            var builder = new DataViewSchema.Builder();
            builder.AddColumns(missing);
            builder.AddColumn(column, wrongType);
            var wrong = builder.ToSchema();

            AssertFault($"Could not find {role} column '{column}'", () => Trainer(Context).GetOutputSchema(Shapes.Of(missing)));
            AssertFault($"Schema mismatch for {role} column '{column}': {message}",
                () => Trainer(Context).GetOutputSchema(Shapes.Of(wrong)));
            AssertFault($"Could not find {role} column '{column}'", () => Trainer(Context).Fit(Data(Context, without: column)));
        }

        static void AssertFault(string text, Func<object> act)
            => Assert.StartsWith(text, Assert.Throws<ArgumentOutOfRangeException>(act).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trainer_keeps_no_state_between_fits()
    {
        var data = Data(Context);
        var trainer = Trainer(Context);

        using var first = trainer.Fit(data);
        using var second = trainer.Fit(data);

        Score(first, data).AssertEqual(Score(second, data));
    }

    [Fact]
    public void The_MLContext_s_seed_decides_and_without_one_runs_differ()
    {
        var data = Data(Context);
        using var one = Trainer(new MLContext(7)).Fit(data);
        using var same = Trainer(new MLContext(7)).Fit(data);
        using var other = Trainer(new MLContext(8)).Fit(data);
        using var unseeded = Trainer(new MLContext()).Fit(data);

        Score(one, data).AssertEqual(Score(same, data));
        Assert.NotEqual(Score(one, data).Rows.SelectMany(Flat), Score(other, data).Rows.SelectMany(Flat));
        Assert.NotEqual(Score(one, data).Rows.SelectMany(Flat), Score(unseeded, data).Rows.SelectMany(Flat));
    }

    private static IEnumerable<object> Flat(object[] row)
        => row.SelectMany(value => value is float[] numbers ? numbers.Cast<object>() : [value]);

    [Fact]
    public void A_saved_model_loads_in_a_bare_context_and_scores_to_the_same_bits()
    {
        using var folder = new TemporaryFolder();
        var data = Data(Context);
        var path = folder.File("model.zip");
        Context.Model.Save(Fitted, data.Schema, path);

        var loaded = new MLContext().Model.Load(path, out var schema);

        using var model = Assert.IsType<TTransformer>(loaded);
        Assert.All(schema, column => Assert.Equal(column.Type, data.Schema[column.Name].Type));
        Score(Fitted, data).AssertEqual(Score(loaded, data));
        Assert.Equal(Shapes.Describe(Shapes.Of(Fitted.Transform(data).Schema)), Shapes.Describe(Shapes.Of(loaded.Transform(data).Schema)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(24)]
    [InlineData(1000)]
    public void Scores_hardly_depend_on_the_batch(int batchSize)
    {
        var data = Data(Context);
        var expected = Score(Fitted, data);
        using var copy = Reloaded();
        copy.ScoringBatchSize = batchSize;

        Score(copy, data).AssertClose(expected, BatchTolerance);
    }

    [Fact]
    public void Single_rows_score_as_batches_do()
    {
        var data = Data(Context);
        var mapper = ((ITransformer)Fitted).GetRowToRowMapper(data.Schema);
        using var cursor = data.GetRowCursor(mapper.GetDependencies(mapper.OutputSchema));
        using var row = mapper.GetRow(cursor, mapper.OutputSchema);
        var readers = Outputs.Select(name => ScoredRows.Reader(row, row.Schema[name])).ToArray();
        var rows = new List<object[]>();
        while (cursor.MoveNext())
            rows.Add([.. readers.Select(read => read())]);

        new ScoredRows(rows).AssertClose(Score(Fitted, data), BatchTolerance);
    }

    [Fact]
    public void Cursors_repeat_themselves_and_may_be_left_half_way()
    {
        var data = Data(Context);
        var view = Fitted.Transform(data);
        var whole = ScoredRows.Of(view, Outputs);

        using (var abandoned = view.GetRowCursor(view.Schema))
        {
            abandoned.MoveNext();
            ScoredRows.Reader(abandoned, view.Schema[Outputs[0]])();
        }

        ScoredRows.Of(view, Outputs).AssertEqual(whole);
    }

    [Fact]
    public void Sixteen_threads_share_one_model()
    {
        var data = Data(Context);
        var expected = Score(Fitted, data);

        Parallel.For(0, 32, new ParallelOptions { MaxDegreeOfParallelism = 16 },
            _ => Score(Fitted, data).AssertClose(expected, BatchTolerance));
    }

    [Fact]
    public void Dispose_may_be_called_twice_and_scoring_afterwards_says_so()
    {
        var model = Reloaded();
        var view = model.Transform(Data(Context));

        model.Dispose();
        model.Dispose();

        Assert.Throws<ObjectDisposedException>(() => ScoredRows.Of(view, Outputs));
    }

    [Fact]
    public void Fitting_and_scoring_leave_libtorch_s_global_generator_alone()
    {
        // It is one for all tests, and the contracts of other trainers run beside this one.
        lock (GlobalGenerator.Gate)
        {
            TorchSharp.torch.manual_seed(5);
            using var before = TorchSharp.torch.rand(4);
            TorchSharp.torch.manual_seed(5);

            using (var model = Trainer(Context).Fit(Data(Context)))
                Score(model, Data(Context));

            using var after = TorchSharp.torch.rand(4);
            Assert.Equal(before.data<float>().ToArray(), after.data<float>().ToArray());
        }
    }

    /// <summary>A copy of <see cref="Fitted"/> that a test may change and dispose.</summary>
    protected TTransformer Reloaded()
    {
        using var stream = new MemoryStream();
        Context.Model.Save(Fitted, null, stream);
        stream.Position = 0;
        return (TTransformer)Context.Model.Load(stream, out _);
    }
}
