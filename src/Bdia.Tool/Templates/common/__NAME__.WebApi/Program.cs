using System.Net.Sockets;
using __NAME___Model;
using __NAME___WebApi;
using Microsoft.AspNetCore.Connections;

const int Settings = 2, AddressNotFree = 3, ModelNotUsable = 4;

try
{
    await Api.Create(args).RunAsync();
    return 0;
}
catch (Exception fault) when (fault is SocketException || fault.InnerException is AddressInUseException)
{
    Console.Error.WriteLine($"Error: {fault.Message.TrimEnd('.')}. Give another address: --urls http://127.0.0.1:5081");
    return AddressNotFree;
}
catch (ModelFileException fault)
{
    Console.Error.WriteLine($"Error: {fault.Message}");
    return ModelNotUsable;
}
catch (Exception fault) when (fault is ArgumentException or FormatException or InvalidOperationException)
{
    Console.Error.WriteLine($"Error: {fault.Message.TrimEnd('.')}. Check appsettings.json and the command line.");
    return Settings;
}
