using Bdia.Docs.Tests;

Given.PictureModel("pictures.zip");
Given.TextModel("texts.zip");
