namespace Bdia.Data.Tables;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its name; its number from 0 on where a file has no line of names.</param>
/// <param name="Type">What its values are: string, byte[], or, in Parquet, numbers, booleans and times.</param>
public sealed record TableColumn(string Name, Type Type);
