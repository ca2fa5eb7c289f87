//= epochs: 20) => epochs: 2)
//= Bdia("English", "French") => Bdia("English", "French", epochs: 1)
using Bdia.Docs.Tests;
using Microsoft.ML.Data;

var train = Given.PictureFiles(new MLContext(1), "pictures", side: 32);
var test = train;
Given.SentenceFile("sentences.tsv");
var sentences = new MLContext(1).Data.LoadFromTextFile<Sentence>("sentences.tsv");
var testSentences = sentences;

class Sentence
{
    [LoadColumn(0)] public string English = "";
    [LoadColumn(1)] public string French = "";
}
