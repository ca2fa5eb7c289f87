//= app.Run(); => await Given.Serve(app);
//= CreateBuilder(args) => CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" })
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Bdia.Docs.Tests;

Given.PictureModel("model.zip");
File.WriteAllBytes("picture.png", Given.Pictures(1)[0].File);
