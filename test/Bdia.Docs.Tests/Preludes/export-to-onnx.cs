using Bdia.Docs.Tests;

Given.PictureModel("model.zip");
