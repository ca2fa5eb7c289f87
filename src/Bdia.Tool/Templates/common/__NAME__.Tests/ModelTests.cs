using __NAME___Batch;
using __NAME___Model;
using Bdia.Data.Tables;

namespace __NAME___Tests;

public class ModelTests
{
    [ModelFact]
    public void The_model_answers_as_it_did_when_it_was_trained()
        => Assert.True(Sample.Agrees(Sample.Answer(__NAME__.Predict(Sample.Input()))));

    [ModelFact]
    public void A_batch_keeps_its_rows_and_passes_over_bad_ones()
    {
        var folder = Directory.CreateTempSubdirectory("__NAME__-");
        try
        {
            var output = Path.Combine(folder.FullName, "out.tsv");

            Assert.Equal((2L, 1L), Job.Run(Sample.BatchInput(Directory.CreateDirectory(Path.Combine(folder.FullName, "in")).FullName),
                output));

            var answers = Table.Open(output);
            var column = answers.Index(__NAME__.OutputColumns[0].Name);
            var texts = answers.Rows().Select(row => row.Text(column)).ToArray();
            Assert.Equal(2, texts.Length);
            Assert.True(Sample.Agrees(texts[0]));
            Assert.Equal("", texts[1]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
