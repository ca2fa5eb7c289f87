using Bdia.Docs.Tests;

Given.PictureModel("model.zip");
File.WriteAllBytes("picture.png", Given.Pictures(1)[0].File);
