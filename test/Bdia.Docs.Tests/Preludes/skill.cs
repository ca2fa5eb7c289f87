//= epochs: 20) => epochs: 1)
using Bdia.Docs.Tests;
using Microsoft.ML.Data;

var given = new MLContext(1);
var pictureRows = given.Data.LoadFromEnumerable(Given.Pictures());
var messageRows = Given.Messages(given, "messages.tsv");
Given.SentenceFile("sentences.tsv");
var sentenceRows = given.Data.LoadFromTextFile<Sentence>("sentences.tsv");
var bytes = Given.Pictures(1)[0].File;

class Sentence
{
    [LoadColumn(0)] public string English = "";
    [LoadColumn(1)] public string French = "";
}
