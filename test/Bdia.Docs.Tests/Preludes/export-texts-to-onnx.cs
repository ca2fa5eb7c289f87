using Bdia.Docs.Tests;

Given.TextModel("translator.zip");
