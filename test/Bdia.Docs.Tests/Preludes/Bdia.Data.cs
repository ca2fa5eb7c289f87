using Bdia.Docs.Tests;

foreach (var (picture, i) in Given.Pictures().Select((picture, i) => (picture, i)))
{
    Directory.CreateDirectory($"pictures/{picture.Name}");
    File.WriteAllBytes($"pictures/{picture.Name}/{i}.png", picture.File);
}
