using Bdia.Docs.Tests;

Given.TextModel("model.zip");
