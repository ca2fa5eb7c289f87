using Bdia.Docs.Tests;

Given.SentenceFile("train.tsv");
