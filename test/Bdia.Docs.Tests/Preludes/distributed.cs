using Bdia.Docs.Tests;

var pictures = Given.Pictures();
//= Epochs = 40 => Epochs = 1
