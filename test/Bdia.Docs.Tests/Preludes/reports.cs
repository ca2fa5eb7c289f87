//= epochs: 20 => epochs: 1
using Bdia.Docs.Tests;

Given.SentenceFile("train.tsv");
Given.SentenceFile("test.tsv", 10);
