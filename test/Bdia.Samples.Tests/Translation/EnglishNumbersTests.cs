using Bdia.Samples.Translation.Phrases;

namespace Bdia.Samples.Tests.Translation;

public sealed class EnglishNumbersTests
{
    [Theory]
    [InlineData(0, "zero")]
    [InlineData(7, "seven")]
    [InlineData(13, "thirteen")]
    [InlineData(40, "forty")]
    [InlineData(84, "eighty-four")]
    [InlineData(100, "one hundred")]
    [InlineData(305, "three hundred and five")]
    [InlineData(2007, "two thousand and seven")]
    [InlineData(2100, "two thousand one hundred")]
    [InlineData(999_999, "nine hundred and ninety-nine thousand nine hundred and ninety-nine")]
    [InlineData(1_000_020, "one million and twenty")]
    [InlineData(999_000_000, "nine hundred and ninety-nine million")]
    public void Cardinals_are_written_as_they_are_said(int number, string words) => Assert.Equal(words, EnglishNumbers.Cardinal(number));

    [Fact]
    public void Without_and_a_number_loses_only_that_word()
    {
        Assert.Equal("two thousand three hundred five", EnglishNumbers.Cardinal(2305, and: false));
        for (var number = 0; number < 30_000; number += 7)
            Assert.Equal(EnglishNumbers.Cardinal(number).Replace(" and ", " "), EnglishNumbers.Cardinal(number, and: false));
    }

    [Fact]
    public void Every_number_can_be_read_back()
    {
        for (var number = 0; number < 12_000; number++) Assert.Equal(number, NumberReader.Read(EnglishNumbers.Cardinal(number)));
        for (var number = 12_001; number < 999_999_999; number += 999_983) Assert.Equal(number,
            NumberReader.Read(EnglishNumbers.Cardinal(number, and: false)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1_000_000_000)]
    public void Numbers_without_words_are_refused(int number)
        => Assert.Throws<ArgumentOutOfRangeException>(() => EnglishNumbers.Cardinal(number));

    [Theory]
    [InlineData(1, "first")]
    [InlineData(5, "fifth")]
    [InlineData(9, "ninth")]
    [InlineData(12, "twelfth")]
    [InlineData(18, "eighteenth")]
    [InlineData(20, "twentieth")]
    [InlineData(22, "twenty-second")]
    [InlineData(31, "thirty-first")]
    public void Ordinals_are_written_as_they_are_said(int number, string words) => Assert.Equal(words, EnglishNumbers.Ordinal(number));

    [Theory]
    [InlineData(1900, "nineteen hundred")]
    [InlineData(1905, "nineteen oh five")]
    [InlineData(1984, "nineteen eighty-four")]
    [InlineData(2000, "two thousand")]
    [InlineData(2007, "two thousand and seven")]
    [InlineData(2014, "twenty fourteen")]
    public void Years_are_written_as_they_are_said(int year, string words) => Assert.Equal(words, EnglishNumbers.Year(year));
}
