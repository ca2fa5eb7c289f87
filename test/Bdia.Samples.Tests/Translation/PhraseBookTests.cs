using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using Bdia.Data.Texts;
using Bdia.Samples.Translation.Data;
using Bdia.Samples.Translation.Phrases;

namespace Bdia.Samples.Tests.Translation;

public sealed class PhraseBookTests
{
    private static readonly string[] Currencies = ["EUR", "USD", "GBP", "CHF", "INR", "PLN", "SEK", "JPY"];

    [Fact]
    public void Rows_depend_on_seed_and_part_alone_and_fewer_are_the_first_of_more()
    {
        var few = PhraseBook.Rows(100, seed: 3, PhrasePart.Training);
        var many = PhraseBook.Rows(300, seed: 3, PhrasePart.Training);

        Assert.Equal(Texts(many).Take(100), Texts(few));
        Assert.NotEqual(Texts(few), Texts(PhraseBook.Rows(100, seed: 4, PhrasePart.Training)));
    }

    [Fact]
    public void What_a_test_row_means_is_never_trained_on_whatever_the_seed()
    {
        var trained = new[] { 1, 2, 77 }.SelectMany(seed => PhraseBook.Rows(8000, seed, PhrasePart.Training)).ToArray();
        var (forms, words) = (trained.Select(row => row.Target).ToHashSet(), trained.Select(row => row.Source).ToHashSet());
        var validated = PhraseBook.Rows(2000, 1, PhrasePart.Validation).Select(row => row.Target).ToHashSet();

        foreach (var row in new[] { 1, 2, 77 }.SelectMany(seed => PhraseBook.Rows(1000, seed, PhrasePart.Test)))
        {
            Assert.DoesNotContain(row.Target, forms);
            Assert.DoesNotContain(row.Target, validated);
            Assert.DoesNotContain(row.Source, words);
        }
    }

    [Fact]
    public void One_wording_never_has_two_meanings()
    {
        var forms = new Dictionary<string, string>();
        foreach (var part in Enum.GetValues<PhrasePart>())
        {
            for (var seed = 1; seed <= 2; seed++)
            {
                foreach (var row in PhraseBook.Rows(6000, seed, part))
                {
                    Assert.True(forms.TryAdd(row.Source.ToUpperInvariant(), row.Target)
                        || forms[row.Source.ToUpperInvariant()] == row.Target, $"{row.Source}: {row.Target}");
                }
            }
        }
    }

    [Fact]
    public void Every_form_is_a_valid_one_of_its_kind()
    {
        var kinds = new Dictionary<string, int>();
        foreach (var row in PhraseBook.Rows(20_000, seed: 1, PhrasePart.Training))
        {
            var kind = Kind(row.Target);
            Assert.True(kind is not null, $"{row.Source}: {row.Target}");
            kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
        }

        Assert.Equal(["amount", "date", "duration", "moment", "number", "period", "time"], kinds.Keys.Order());
        Assert.All(kinds.Values, count => Assert.True(count > 500));
    }

    [Theory]
    [InlineData("1984-03-03", "the third of March nineteen eighty-four")]
    [InlineData("2007-12-31", "the thirty-first of December two thousand and seven")]
    public void Dates_are_said_plainly_by_default(string form, string words)
        => Assert.Equal(words, new DatePhrase(DateOnly.ParseExact(form, "yyyy-MM-dd")).Words(Plain));

    [Theory]
    [InlineData(0, 0, "00:00", "midnight")]
    [InlineData(12, 0, "12:00", "noon")]
    [InlineData(0, 5, "00:05", "five past twelve at night")]
    [InlineData(4, 45, "04:45", "a quarter to five at night")]
    [InlineData(7, 30, "07:30", "half past seven in the morning")]
    [InlineData(11, 59, "11:59", "one minute to twelve in the morning")]
    [InlineData(16, 23, "16:23", "twenty-three minutes past four in the afternoon")]
    [InlineData(20, 45, "20:45", "a quarter to nine in the evening")]
    [InlineData(23, 0, "23:00", "eleven o'clock at night")]
    public void Times_are_said_against_the_nearer_hour(int hour, int minute, string form, string words)
    {
        Assert.Equal(form, new TimePhrase(hour, minute).Form);
        Assert.Equal(words, new TimePhrase(hour, minute).Words(Plain));
    }

    [Fact]
    public void Periods_moments_amounts_numbers_and_durations_have_their_forms()
    {
        DatePhrase date = new(new DateOnly(1984, 3, 3));
        Currency euro = new("EUR", "euro", "euros", "cent", "cents");
        Expect("1984-03-03T19:30", "the third of March nineteen eighty-four at half past seven in the evening",
            new MomentPhrase(date, new(19, 30)));
        Expect("1984-03-03/1984-03-09", "from the third to the ninth of March nineteen eighty-four",
            new PeriodPhrase(date.Day, date.Day.AddDays(6)));
        Expect("EUR 2007.50", "two thousand and seven euros and fifty cents", new AmountPhrase(euro, 2007, 50));
        Expect("EUR 1.01", "one euro and one cent", new AmountPhrase(euro, 1, 1));
        Expect("JPY 500", "five hundred yen", new AmountPhrase(new("JPY", "yen", "yen", null, null), 500, 0));
        Expect("-305.14", "minus three hundred and five point one four", new NumberPhrase(true, 305, "14", false));
        Expect("17 %", "seventeen per cent", new NumberPhrase(false, 17, "", true));
        Expect("P3Y2M1D", "three years, two months and one day", new DurationPhrase([3, 2, 1, 0, 0, 0]));
        Expect("PT2H5M", "two hours and five minutes", new DurationPhrase([0, 0, 0, 2, 5, 0]));
        Expect("P1DT1H", "one day and one hour", new DurationPhrase([0, 0, 1, 1, 0, 0]));

        static void Expect(string form, string words, Phrase phrase) => Assert.Equal((form, words), (phrase.Form, phrase.Words(Plain)));
    }

    [Fact]
    public void Amounts_say_what_they_write()
    {
        var amounts = PhraseBook.Rows(20_000, seed: 5, PhrasePart.Training).Where(row => Kind(row.Target) == "amount").ToArray();
        foreach (var row in amounts)
        {
            var whole = Regex.Match(row.Source.ToLowerInvariant(),
                @"^(.*?) (euros?|dollars?|pounds?|francs?|rupees?|zlotys?|kron(a|or)|yen)\b(?: and|,)?(?: ([a-z-]+))?");
            Assert.True(whole.Success, row.Source);
            var expected = NumberReader.Read(whole.Groups[1].Value)
                + (whole.Groups[4].Success ? NumberReader.Read(whole.Groups[4].Value) / 100m : 0);
            Assert.Equal(expected, decimal.Parse(row.Target[4..], CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void Turned_round_every_form_has_one_wording()
    {
        var rows = PhraseBook.Rows(5000, seed: 1, PhrasePart.Training, toForms: false);

        Assert.Equal(rows.Count, rows.Select(row => row.Source).Distinct().Count());
        Assert.All(rows, row => Assert.NotNull(Kind(row.Source)));
    }

    private static Dice Plain => new(0, plain: true);

    private static IEnumerable<(string, string)> Texts(IEnumerable<TextPair> rows) => rows.Select(row => (row.Source, row.Target));

    private static string? Kind(string form)
    {
        bool Date(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", out _);
        bool Time(string text) => TimeOnly.TryParseExact(text, "HH:mm", out _);
        if (Date(form)) return "date";
        if (Time(form)) return "time";
        if (form.Split('T') is [var day, var time] && Date(day) && Time(time)) return "moment";
        if (form.Split('/') is [var first, var last] && Date(first) && Date(last)) return string.CompareOrdinal(first, last) <= 0
            ? "period" : null;
        if (Currencies.Contains(form[..Math.Min(3, form.Length)])) return Regex.IsMatch(form,
            form.StartsWith("JPY", StringComparison.Ordinal) ? @"^JPY [1-9]\d*$" : @"^[A-Z]{3} [1-9]\d*\.\d\d$") ? "amount" : null;
        if (form[0] == 'P') return XmlConvert.ToTimeSpan(form) > TimeSpan.Zero ? "duration" : null;
        return Regex.IsMatch(form, @"^-?(0|[1-9]\d*)(\.\d+)?( %)?$") ? "number" : null;
    }
}
