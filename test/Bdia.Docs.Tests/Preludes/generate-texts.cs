//= Epochs = 20 => Epochs = 1
//= MaxLengthConstant = 40 => MaxLengthConstant = 5
using Bdia.Docs.Tests;

Given.Book("book.txt");
