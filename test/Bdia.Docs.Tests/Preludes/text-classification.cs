//= Trainers.BdiaTextClassification(sentence1ColumnName: "Text") => Trainers.BdiaTextClassification(sentence1ColumnName: "Text", epochs: 1)
using Bdia.Docs.Tests;

Given.MessageFile("messages.tsv");
