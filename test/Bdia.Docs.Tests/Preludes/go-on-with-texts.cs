//= Epochs = 5 => Epochs = 1
using Bdia.Docs.Tests;
using Microsoft.ML.Data;

var mlContext = new MLContext(1);
var newMessages = Given.Messages(mlContext, "messages.tsv");
Given.MessageModel("model.zip");
var translator = Given.Translator();
