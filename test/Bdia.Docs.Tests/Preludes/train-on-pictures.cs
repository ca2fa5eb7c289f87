//= Epochs = 20 => Epochs = 2
using Bdia.Docs.Tests;

var pictures = Given.Pictures(40);
