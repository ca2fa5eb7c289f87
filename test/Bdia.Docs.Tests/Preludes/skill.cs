//= epochs: 20) => epochs: 1)
using Bdia.Docs.Tests;

foreach (var (picture, i) in Given.Pictures().Select((picture, i) => (picture, i)))
{
    Directory.CreateDirectory($"flowers/{picture.Name}");
    File.WriteAllBytes($"flowers/{picture.Name}/{i}.png", picture.File);
}

Given.MessageFile("messages.tsv");
File.WriteAllText("messages.tsv", "text\ttopic\n" + File.ReadAllText("messages.tsv"));
Given.SentenceFile("sentences.tsv");
File.WriteAllText("sentences.tsv", "english\tfrench\n" + File.ReadAllText("sentences.tsv"));
