//= Epochs = 20 => Epochs = 1
using Bdia.Docs.Tests;

Given.MessageFile("messages.tsv");
