using Bdia.Docs.Tests;

var pictures = Given.Pictures();
