using __NAME___WebApi;
using Microsoft.AspNetCore.Connections;

const int PortInUse = 3;

var app = Api.Create(args);
try
{
    await app.RunAsync();
    return 0;
}
catch (IOException fault) when (fault.InnerException is AddressInUseException)
{
    Console.Error.WriteLine($"Error: {fault.Message} Give another address: --urls http://127.0.0.1:5081");
    return PortInUse;
}
