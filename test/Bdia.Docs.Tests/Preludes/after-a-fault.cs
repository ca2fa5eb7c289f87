using Bdia.Docs.Tests;

// The disk is full behind the second epoch.
var pictures = Given.Pictures();
var options = new BdiaImageClassificationTrainer.Options { FeatureColumnName = "File", Epochs = 5,
    Progress = new Given.Interruption(afterEpoch: 2) };
