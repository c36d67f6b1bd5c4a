package models_test

import (
	"slices"
	"testing"
	"time"

	"github.com/routecard/routecard/models"
)

func TestBuckets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone string
		length     models.BucketLength
		from, to   string
		want       []string
	}{
		{
			"days in UTC", "UTC", models.Day, "2024-01-15T10:30:00Z", "2024-01-17T00:00:00Z",
			[]string{"2024-01-15T00:00:00.000Z", "2024-01-16T00:00:00.000Z", "2024-01-17T00:00:00.000Z"},
		},
		{
			"a period of one millisecond", "UTC", models.Day, "2024-01-15T23:59:59.999Z", "2024-01-16T00:00:00Z",
			[]string{"2024-01-15T00:00:00.000Z", "2024-01-16T00:00:00.000Z"},
		},
		{
			"weeks begin on Monday", "Europe/Berlin", models.Week, "2024-01-21T22:59:00Z", "2024-01-21T23:01:00Z",
			[]string{"2024-01-14T23:00:00.000Z", "2024-01-21T23:00:00.000Z", "2024-01-28T23:00:00.000Z"},
		},
		{
			"a day of 23 hours", "Europe/Berlin", models.Day, "2024-03-31T00:00:00Z", "2024-03-31T12:00:00Z",
			[]string{"2024-03-30T23:00:00.000Z", "2024-03-31T22:00:00.000Z"},
		},
		{
			"a day of 25 hours", "Europe/Berlin", models.Day, "2024-10-27T00:00:00Z", "2024-10-27T12:00:00Z",
			[]string{"2024-10-26T22:00:00.000Z", "2024-10-27T23:00:00.000Z"},
		},
		{
			"an hour that is repeated", "Europe/Berlin", models.Hour, "2024-10-27T00:10:00Z", "2024-10-27T01:10:00Z",
			[]string{"2024-10-27T00:00:00.000Z", "2024-10-27T01:00:00.000Z", "2024-10-27T02:00:00.000Z"},
		},
		{
			"a zone with a quarter of an hour", "Asia/Kathmandu", models.Hour, "2024-01-15T10:30:00Z", "2024-01-15T11:30:00Z",
			[]string{"2024-01-15T10:15:00.000Z", "2024-01-15T11:15:00.000Z", "2024-01-15T12:15:00.000Z"},
		},
		{
			"clocks that change by half an hour", "Australia/Lord_Howe", models.Hour, "2024-04-06T14:00:00Z", "2024-04-06T16:00:00Z",
			[]string{"2024-04-06T14:00:00.000Z", "2024-04-06T15:00:00.000Z", "2024-04-06T15:30:00.000Z", "2024-04-06T16:30:00.000Z"},
		},
		{
			"a day that begins at one o'clock", "Asia/Beirut", models.Day, "2021-03-28T00:00:00Z", "2021-03-28T12:00:00Z",
			[]string{"2021-03-27T22:00:00.000Z", "2021-03-28T21:00:00.000Z"},
		},
		{
			"clocks that are set back over midnight", "America/St_Johns", models.Day, "2010-11-06T12:00:00Z", "2010-11-07T12:00:00Z",
			[]string{"2010-11-06T02:30:00.000Z", "2010-11-07T02:30:00.000Z", "2010-11-08T03:30:00.000Z"},
		},
		{
			"a day that was left out", "Pacific/Apia", models.Day, "2011-12-30T09:00:00Z", "2011-12-30T11:00:00Z",
			[]string{"2011-12-29T10:00:00.000Z", "2011-12-30T10:00:00.000Z", "2011-12-31T10:00:00.000Z"},
		},
		{
			"before 1970", "UTC", models.Week, "1970-01-01T00:00:00Z", "1970-01-05T00:00:00Z",
			[]string{"1969-12-29T00:00:00.000Z", "1970-01-05T00:00:00.000Z"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, start := range (models.Period{From: millis(t, c.from), To: millis(t, c.to)}).Buckets(c.length, zone) {
				got = append(got, start.String())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("the buckets are\n%v, want\n%v", got, c.want)
			}
		})
	}
}

func TestForecast(t *testing.T) {
	t.Parallel()
	const day = models.Millis(24 * 60 * 60 * 1000)
	now := millis(t, "2024-01-29T10:30:00Z")
	for _, c := range []struct {
		name            string
		goal, completed int64
		basisCompleted  int64
		firstUnit       models.Millis
		wantFrom        string
		wantAt          string
	}{
		{"fourteen days", 50, 20, 14, now - 40*day, "2024-01-15T10:30:00.000Z", "2024-02-28T10:30:00.000Z"},
		{"a job of two days", 50, 20, 20, now - 2*day, "2024-01-27T10:30:00.000Z", "2024-02-01T10:30:00.000Z"},
		{"a job of an hour", 50, 20, 20, now - day/24, "2024-01-28T10:30:00.000Z", "2024-01-30T22:30:00.000Z"},
		{"the goal is reached", 50, 50, 20, now - 2*day, "2024-01-27T10:30:00.000Z", ""},
		{"more than the goal", 50, 60, 20, now - 2*day, "2024-01-27T10:30:00.000Z", ""},
		{"nothing was completed", 50, 20, 0, now - 40*day, "2024-01-15T10:30:00.000Z", ""},
		{"in 3,660 days", 3660, 0, 14, now - 40*day, "2024-01-15T10:30:00.000Z", "2034-02-05T10:30:00.000Z"},
		{"in 3,661 days", 3661, 0, 14, now - 40*day, "2024-01-15T10:30:00.000Z", ""},
		{"the largest goal", 9007199254740991, 1, 1, now - 40*day, "2024-01-15T10:30:00.000Z", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			forecast := models.Forecast{
				AsOf: now, Goal: c.goal, Completed: c.completed, BasisCompleted: c.basisCompleted,
				Basis: models.ForecastBasis(now, &c.firstUnit),
			}
			var at string
			if expected, ok := forecast.ExpectedAt(); ok {
				at = expected.String()
			}
			if from := forecast.Basis.From.String(); from != c.wantFrom || at != c.wantAt {
				t.Errorf("from %s it is expected at %q, want %s and %q", from, at, c.wantFrom, c.wantAt)
			}
		})
	}
}

func millis(t *testing.T, text string) models.Millis {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return models.MillisOf(at)
}
