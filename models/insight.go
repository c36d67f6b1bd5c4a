package models

import "time"

const (
	dayMillis Millis = 24 * 60 * 60 * 1000
	// maxPeriodDays is the longest period that insights are computed for, in days. defaultPeriodDays is the length of a period that
	// is given without a beginning.
	maxPeriodDays, defaultPeriodDays = 366, 30
	// maxForecastDays is how far ahead a forecast can be.
	maxForecastDays = 3660
	// basisDays is the longest period that a forecast is computed from.
	basisDays = 14
	// endOfTime is the year 9999 in UTC: a bucket may end after its period, and a later time would have a fifth digit.
	endOfTime Millis = 253370764800000
)

// Period is the time from From, which it includes, to To, which it does not include.
type Period struct{ From, To Millis }

// NewPeriod returns a period. To defaults to now, and From to 30 days before To. It returns an Invalid error for a period that
// is empty, longer than 366 days, or not within the years from 1970 to 9998.
func NewPeriod(from, to *Millis, now Millis) (Period, error) {
	period := Period{To: now}
	set(&period.To, to)
	period.From = period.To - defaultPeriodDays*dayMillis
	set(&period.From, from)
	switch {
	case period.From < 0:
		return period, InvalidError("from", "must not be before 1970")
	case period.To > endOfTime:
		return period, InvalidError("to", "must not be after 9998")
	case period.To <= period.From:
		return period, InvalidError("to", "must be later than from")
	case period.To-period.From > maxPeriodDays*dayMillis:
		return period, InvalidError("from", "must be at most 366 days before to")
	}
	return period, nil
}

// BucketLength is the length of the buckets that moves are counted in.
type BucketLength string

// The lengths of buckets.
const (
	Hour BucketLength = "hour"
	Day  BucketLength = "day"
	Week BucketLength = "week"
)

// bucketKey distinguishes the buckets of one length.
type bucketKey struct {
	// number is the local hour, day, or week, counted from 1970.
	number int64
	// offset is the offset from UTC in seconds. It distinguishes an hour from the previous hour with the same name.
	offset int
}

func (l BucketLength) keyOf(at Millis, zone *time.Location) bucketKey {
	local := time.UnixMilli(int64(at)).In(zone)
	_, offset := local.Zone()
	seconds := local.Unix() + int64(offset)
	switch l {
	case Hour:
		return bucketKey{floorDivide(seconds, 3600), offset}
	case Week:
		// 1970-01-01 was a Thursday.
		return bucketKey{number: floorDivide(floorDivide(seconds, 86400)+3, 7)}
	default:
		return bucketKey{number: floorDivide(seconds, 86400)}
	}
}

// begins reports whether a bucket with this key begins after one with the key before. Clocks that are set back over midnight do
// not begin the earlier day again.
func (k bucketKey) begins(before bucketKey) bool {
	return k.number > before.number || k.offset != before.offset
}

func floorDivide(a, b int64) int64 {
	quotient := a / b
	if a%b < 0 {
		quotient--
	}
	return quotient
}

// Buckets returns where the buckets of a period begin, and as the last value where the last bucket ends. The first bucket
// contains the beginning of the period and the last one contains the moment before its end. A bucket begins with the first
// quarter of an hour whose local hour, day, or week is the bucket's. Weeks begin on Monday.
func (p Period) Buckets(length BucketLength, zone *time.Location) []Millis {
	var starts []Millis
	// The walk begins before the bucket that contains the beginning of the period.
	at := Millis(floorDivide(int64(p.From), int64(QuarterHourMillis)))*QuarterHourMillis - 8*dayMillis
	last := length.keyOf(at, zone)
	for {
		at += QuarterHourMillis
		key := length.keyOf(at, zone)
		if !key.begins(last) {
			continue
		}
		last = key
		if at <= p.From {
			starts = starts[:0]
		}
		if starts = append(starts, at); at >= p.To {
			return starts
		}
	}
}

// Throughput has the moves of a period by buckets.
type Throughput struct {
	LastSeq int64
	// Counts has the buckets in their order. Each begins at its Start and ends where the next one begins, the last one at End.
	Counts []QuarterHour
	End    Millis
}

// NewThroughput sums the counts of quarter hours, which are in the order of their Start, by buckets, see [Period.Buckets].
func NewThroughput(buckets []Millis, counts []QuarterHour) Throughput {
	last := len(buckets) - 1
	sums := make([]QuarterHour, last)
	for i := range sums {
		sum := &sums[i]
		sum.Start = buckets[i]
		for len(counts) > 0 && counts[0].Start < buckets[i+1] {
			sum.Created += counts[0].Created
			sum.Completed += counts[0].Completed
			sum.ForceCompleted += counts[0].ForceCompleted
			sum.Scrapped += counts[0].Scrapped
			counts = counts[1:]
		}
	}
	return Throughput{Counts: sums, End: buckets[last]}
}

// StepTimes has what happened at the steps of a period.
type StepTimes struct {
	LastSeq int64
	Period  Period
	Steps   []StepTime
}

// StepTime has what happened at one step in a period, or at all steps that have the same name.
type StepTime struct {
	Name string
	// Step is the step. It is nil for all steps that have the same name.
	Step *Step
	// Entered, Left, and Scrapped are numbers of units. Left does not include Scrapped.
	Entered, Left, Scrapped int64
	// Median and P85 are the shortest times within which 50 % and 85 % of the units that left had left the step. Both are 0 if none left.
	Median, P85 Millis
	// Waiting is the number of units in progress that stand at the step now.
	Waiting int64
}

// Scrappings has the units that were scrapped in a period.
type Scrappings struct {
	LastSeq int64
	Period  Period
	// Scrapped and Completed are the numbers of all units of the period.
	Scrapped, Completed int64
	Counts              []ScrapCount
}

// ScrapCount is the number of units that were scrapped for one reason at one step, or at all steps that have the same name.
type ScrapCount struct {
	Reason ScrapReason
	Name   string
	// StepID and PathID are nil for all steps that have the same name.
	StepID, PathID *string
	Scrapped       int64
}

// Forecast says when a job will reach its goal.
type Forecast struct {
	JobID   string
	LastSeq int64
	AsOf    Millis
	Goal    int64
	// Completed is the number of all completed units of the job, and BasisCompleted of those in the period Basis.
	Completed, BasisCompleted int64
	Basis                     Period
}

// ForecastBasis returns the period that a forecast is computed from: the last 14 days or, if that is shorter, the time since the
// first unit of the job was created, but at least one day. A job without units has no firstUnit.
func ForecastBasis(now Millis, firstUnit *Millis) Period {
	from := now - basisDays*dayMillis
	if firstUnit != nil {
		from = min(max(from, *firstUnit), now-dayMillis)
	}
	return Period{from, now}
}

// Remaining returns the number of units that must still be completed to reach the goal.
func (f *Forecast) Remaining() int64 { return max(f.Goal-f.Completed, 0) }

// PerDay returns the number of units that were completed per day in the period of the basis.
func (f *Forecast) PerDay() float64 {
	days := float64(f.Basis.To-f.Basis.From) / float64(dayMillis)
	return float64(f.BasisCompleted) / days
}

// ExpectedAt returns when the goal will be reached. It returns false if the goal is reached already, if nothing was completed in
// the period of the basis, and if the goal would be reached in more than 3,660 days.
func (f *Forecast) ExpectedAt() (Millis, bool) {
	if f.Remaining() == 0 || f.BasisCompleted == 0 {
		return 0, false
	}
	// Compared as floating-point numbers first, because the product of a large goal does not fit in an integer.
	if float64(f.Remaining()) > maxForecastDays*f.PerDay() {
		return 0, false
	}
	return f.AsOf + Millis(f.Remaining())*(f.Basis.To-f.Basis.From)/Millis(f.BasisCompleted), true
}
