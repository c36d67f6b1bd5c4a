package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// samples are the results of the rounds, in their order.
type samples []float64

func (s samples) median() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// over divides round by round, so that what slowed both down in a round falls out.
func (s samples) over(other samples) samples {
	ratios := make(samples, min(len(s), len(other)))
	for i := range ratios {
		ratios[i] = s[i] / other[i]
	}
	return ratios
}

// show is the median and, with more than one round, the lowest and the highest.
func (s samples) show(format func(float64) string) string {
	if len(s) < 2 {
		return format(s.median())
	}
	return fmt.Sprintf("%s (%s–%s)", format(s.median()), format(slices.Min(s)), format(slices.Max(s)))
}

func perSecond(v float64) string { return fmt.Sprintf("%.0f/s", v) }

func ratio(v float64) string { return fmt.Sprintf("%.2f", v) }

// duration shows nanoseconds.
func duration(v float64) string {
	switch d := time.Duration(v); {
	case d < time.Millisecond:
		return fmt.Sprintf("%.0f µs", v/1e3)
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", v/1e6)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", v/1e6)
	default:
		return fmt.Sprintf("%.2f s", v/1e9)
	}
}

func megabytes(v float64) string { return fmt.Sprintf("%.1f MB", v/1e6) }
