using System.Net;
using System.Text.Json;
using __NAME___WebApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace __NAME___Tests;

/// <summary>The service as it runs, on a port of its own.</summary>
public sealed class ApiTests : IAsyncLifetime
{
    // A copy of the model, which a test replaces.
    private readonly string file = Path.Combine(Path.GetTempPath(), $"__NAME__-{Guid.NewGuid():N}.zip");
    private readonly WebApplication app;
    private readonly HttpClient client = new();

    public ApiTests()
    {
        File.Copy(__NAME___Model.__NAME__.ModelPath, file);
        app = Api.Create(["--urls", "http://127.0.0.1:0", "--Model:MaxBodyBytes", "2000000", "--Model:File", file]);
    }

    public async Task InitializeAsync()
    {
        await app.StartAsync();
        client.BaseAddress = new Uri(app.Urls.First());
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        File.Delete(file);
    }

    [ModelFact]
    public async Task Predict_answers_many_callers_at_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
        {
            using var request = Sample.Request();
            var response = await client.PostAsync("/predict", request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return await response.Content.ReadAsStringAsync();
        }));

        Assert.All(answers, answer => Assert.True(Sample.Agrees(
            JsonDocument.Parse(answer).RootElement.GetProperty(Sample.AnswerProperty).GetString()!), answer));
    }

    [ModelFact]
    public async Task A_bad_request_is_told_why()
    {
        using var request = Sample.BadRequest();
        var response = await client.PostAsync("/predict", request);
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("detail", text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
    }

    [ModelFact]
    public async Task A_request_that_is_too_large_is_refused()
    {
        using var large = new ByteArrayContent(new byte[2_000_001]);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await client.PostAsync("/predict", large)).StatusCode);
    }

    [ModelFact]
    public async Task Requests_beyond_the_limit_get_503_and_all_others_are_answered()
    {
        await using var small = Api.Create(["--urls", "http://127.0.0.1:0", "--Model:File", file, "--Model:QueueLimit", "1",
            "--Model:MaxBatchSize", "1", "--Model:Workers", "1"]);
        await small.StartAsync();

        var codes = await Task.WhenAll(Enumerable.Range(0, 60).Select(async _ =>
        {
            using var request = Sample.Request();
            return (await client.PostAsync(small.Urls.First() + "/predict", request)).StatusCode;
        }));

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable], codes.Distinct().Order());
        await small.StopAsync();
    }

    [ModelFact]
    public async Task A_port_in_use_is_known_as_such()
    {
        await using var second = Api.Create(["--urls", app.Urls.First(), "--Model:File", file]);
        var fault = await Assert.ThrowsAsync<IOException>(() => second.StartAsync());
        Assert.IsType<AddressInUseException>(fault.InnerException); // which Program.cs turns into exit code 3
    }

    [ModelFact]
    public async Task Health_and_OpenAPI_are_there()
    {
        Assert.Contains("\"ok\"", await client.GetStringAsync("/health"), StringComparison.Ordinal);
        Assert.Contains("/predict", await client.GetStringAsync("/openapi/v1.json"), StringComparison.Ordinal);
    }

    [ModelFact]
    public async Task A_model_that_is_replaced_answers_and_no_model_changes_nothing()
    {
        var model = app.Services.GetRequiredService<ModelService>();
        var (seen, kept) = (model.Seen, File.ReadAllBytes(file));

        Replace(kept);
        await model.Refresh();
        Assert.NotEqual(seen, model.Seen);

        Replace([1, 2, 3]);
        await model.Refresh();
        using var request = Sample.Request();
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("/predict", request)).StatusCode);
    }

    // Beside it and moved, as a deployment should: nobody reads half a file, and links are not written through.
    private void Replace(byte[] content)
    {
        File.WriteAllBytes(file + ".new", content);
        File.Move(file + ".new", file, overwrite: true);
    }
}
