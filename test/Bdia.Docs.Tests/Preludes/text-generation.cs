//= Bdia("Text") => Bdia("Text", epochs: 1)
using Bdia.Docs.Tests;

var names = Enumerable.Range(0, 30).Select(i => new Name { Text = $"name {i % 5} of {i % 7}" }).ToArray();
