using Bdia.MLNet;
using Microsoft.Extensions.Options;

namespace __NAME___WebApi;

/// <summary>The service: POST /predict, GET /health, and the description of both at /openapi/v1.json.</summary>
public static class Api
{
    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Services.Configure<ModelSettings>(builder.Configuration.GetSection("Model"));
        builder.Services.AddSingleton<ModelService>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ModelService>());
        builder.Services.AddOpenApi();
        builder.Services.AddProblemDetails();
        var limits = builder.Configuration.GetSection("Model").Get<ModelSettings>() ?? new();
        builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = limits.MaxBodyBytes);

        var app = builder.Build();
        app.UseExceptionHandler(); // a message without a stack trace
        app.MapOpenApi();
        app.MapGet("/health", (ModelService model) => Results.Ok(new { status = "ok", model = model.Seen.Written,
            waiting = model.Waiting }));
        app.MapPost("/predict", Predict).Accepts<__NAME___Model.__NAME__.ModelInput>(Inputs.ContentType, Inputs.OtherContentTypes)
            .Produces(200).ProducesProblem(400).ProducesProblem(413).ProducesProblem(503);
        return app;
    }

    private static async Task<IResult> Predict(HttpRequest request, ModelService model, IOptions<ModelSettings> settings)
    {
        try
        {
            var input = await Inputs.Read(request, settings.Value);
            return Results.Ok(await model.Predict(input, request.HttpContext.RequestAborted));
        }
        catch (ScorerBusyException fault)
        {
            request.HttpContext.Response.Headers.RetryAfter = "1";
            return Results.Problem(fault.Message, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
        catch (BadHttpRequestException fault)
        {
            return Results.Problem(fault.Message, statusCode: fault.StatusCode);
        }
        catch (OperationCanceledException)
        {
            return Results.StatusCode(StatusCodes.Status499ClientClosedRequest); // nobody waits for it
        }
        catch (Exception fault) when (Reason(fault) is { } reason)
        {
            return Results.Problem(reason.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    }

    // What is wrong with the input, wherever ML.NET has wrapped it.
    private static InvalidDataException? Reason(Exception? fault)
        => fault is null or InvalidDataException ? fault as InvalidDataException : Reason(fault.InnerException);
}
