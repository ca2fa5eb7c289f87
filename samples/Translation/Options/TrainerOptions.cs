using Bdia.Core.Decoding;
using Bdia.Core.Training;
using Bdia.Data.Texts;
using Bdia.MLNet;
using Bdia.Samples.Translation.Data;
using Microsoft.ML;

namespace Bdia.Samples.Translation.Options;

/// <summary>From the command line to the trainer's options: what was asked for, and defaults that suit the data.</summary>
internal static class TrainerOptions
{
    public static BdiaSequenceToSequenceTrainer.Options From(SampleOptions asked, ParallelText data,
        IDataView? validation, IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        var options = new BdiaSequenceToSequenceTrainer.Options
        {
            SourceColumnName = nameof(TextPair.Source),
            TargetColumnName = nameof(TextPair.Target),
            ValidationSet = validation,
            Mode = asked.Mode,
            Precision = asked.Precision,
            Quantize = asked.Quantize,
            Seed = asked.Seed,
            TimeBudget = asked.TimeBudget,
            CheckpointDirectory = asked.CheckpointDirectory,
            CheckpointEverySteps = asked.CheckpointSteps ?? 0,
            Resume = asked.Resume,
            Progress = progress,
            CancellationToken = cancellation,
        };
        if (asked.Data is null) SuitPhrases(options, data.Train.Count);
        else if (data.Train.Count < 10_000) options.VocabularySize = 4000; // so that its tokens are seen often enough

        options.Preset = asked.Preset ?? options.Preset;
        options.Width = asked.Width ?? options.Width;
        options.EncoderDepth = asked.EncoderDepth ?? options.EncoderDepth;
        options.DecoderDepth = asked.DecoderDepth ?? options.DecoderDepth;
        options.Heads = asked.Heads ?? options.Heads;
        options.FeedForwardWidth = asked.FeedForward ?? options.FeedForwardWidth;
        options.Dropout = asked.Dropout ?? options.Dropout;
        // two vocabularies, two embeddings
        options.ShareEmbeddings = asked.ShareEmbeddings ?? (asked.SharedVocabulary == false ? null : options.ShareEmbeddings);
        options.TokenLevel = asked.Tokens ?? options.TokenLevel;
        options.VocabularySize = asked.Vocabulary ?? options.VocabularySize;
        options.SharedVocabulary = asked.SharedVocabulary ?? options.SharedVocabulary;
        options.MaxTokens = asked.MaxTokens ?? options.MaxTokens;
        options.Epochs = asked.Epochs ?? options.Epochs;
        options.TokensPerBatch = asked.TokensPerBatch ?? options.TokensPerBatch;
        options.AccumulationSteps = asked.AccumulationSteps ?? options.AccumulationSteps;
        options.LearningRate = asked.LearningRate ?? options.LearningRate;
        options.WarmupSteps = asked.WarmupSteps ?? options.WarmupSteps;
        options.LearningRateSchedule = asked.Schedule ?? options.LearningRateSchedule;
        options.WeightDecay = asked.WeightDecay ?? options.WeightDecay;
        options.LabelSmoothing = asked.LabelSmoothing ?? options.LabelSmoothing;
        options.AverageEpochs = asked.AverageEpochs ?? options.AverageEpochs;
        options.BestBy = asked.BestBy ?? options.BestBy;
        options.BleuEveryEpochs = asked.BleuEvery ?? options.BleuEveryEpochs;
        options.Gamma = asked.Gamma ?? options.Gamma;
        options.Decoding = Decoding(asked, options.Decoding);
        return options;
    }

    /// <summary>How to decode: as before but for what was asked for.</summary>
    public static DecodingOptions Decoding(SampleOptions asked, DecodingOptions otherwise) => otherwise with
    {
        BeamSize = asked.Beam ?? otherwise.BeamSize,
        LengthPenalty = asked.LengthPenalty ?? otherwise.LengthPenalty,
    };

    /// <summary>
    /// The sample's own pair: a small language in which every row has one right answer, to be learnt in two minutes on two cores.
    /// </summary>
    private static void SuitPhrases(BdiaSequenceToSequenceTrainer.Options options, int rows)
    {
        options.Epochs = Math.Clamp(120_000 / rows, 3, 200); // few rows are seen more often
        options.EncoderDepth = 2;
        options.DecoderDepth = 2;
        options.Heads = 8;
        options.ShareEmbeddings = true;
        options.Dropout = 0;
        options.LabelSmoothing = 0; // an answer is right or wrong
        options.TokensPerBatch = 512;
        options.LearningRate = 2e-3;
        options.VocabularySize = 512; // a token for every word there is, and digits by one or two
        options.Decoding = options.Decoding with { BeamSize = 1 };
    }
}
