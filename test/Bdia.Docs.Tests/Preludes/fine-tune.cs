//= Epochs = 10 => Epochs = 1
using Bdia.Docs.Tests;

Given.Weights("weights");
var pictures = Given.Pictures(40);
