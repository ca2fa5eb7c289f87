//= epochs: 20) => epochs: 2)
using Bdia.Docs.Tests;

var pictures = Given.Pictures();
