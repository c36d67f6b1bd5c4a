package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// samples are the results of the rounds, in the order of the rounds.
type samples []float64

func (s samples) median() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// over divides the results of each round, because a slow machine slows down both sides of a round.
func (s samples) over(other samples) samples {
	ratios := make(samples, len(s))
	for i := range ratios {
		ratios[i] = s[i] / other[i]
	}
	return ratios
}

// show returns the median, and the lowest and the highest of several samples.
func (s samples) show(format func(float64) string) string {
	if len(s) < 2 {
		return format(s.median())
	}
	return fmt.Sprintf("%s (%s–%s)", format(s.median()), format(slices.Min(s)), format(slices.Max(s)))
}

// unit says how a figure is shown, and whether more is better.
type unit struct {
	format func(float64) string
	rate   bool
}

var (
	perSecond = unit{func(v float64) string { return fmt.Sprintf("%.0f/s", v) }, true}
	duration  = unit{format: formatDuration}
	megabytes = unit{format: func(v float64) string { return fmt.Sprintf("%.1f MB", v/1e6) }}
)

// formatDuration formats nanoseconds with three digits.
func formatDuration(v float64) string {
	digit := math.Pow10(int(math.Log10(max(v, 1000))) - 2)
	return time.Duration(v).Round(time.Duration(digit)).String()
}

func formatRatio(v float64) string { return fmt.Sprintf("%.2f", v) }

// report collects the lines of the table.
type report struct {
	facts []string
	lines []string
}

func (r *report) fact(format string, arguments ...any) {
	r.facts = append(r.facts, "- "+fmt.Sprintf(format, arguments...))
}

// add adds the lines of a contest: one for each mark.
func (r *report) add(c *contest, sides []*side) {
	own := sides[0]
	for _, other := range sides[1:] {
		ratios := own.values.over(other.values)
		sign, met := "≤", ratios.median() <= other.mark
		if c.unit.rate {
			sign, met = "≥", ratios.median() >= other.mark
		}
		what := c.name()
		if other.name != "" {
			what += " / " + other.name
		}
		r.line(what, own.values.show(c.unit.format), other.values.show(c.unit.format),
			ratios.show(formatRatio), sign, formatRatio(other.mark), met, other.mark != 0)
	}
	if c.tail != 0 {
		ratios := own.p99.over(own.p50)
		r.line(c.name()+", p99 / p50", own.p99.show(formatDuration), own.p50.show(formatDuration), ratios.show(formatRatio),
			"<", formatRatio(c.tail), ratios.median() < c.tail, true)
	}
	if c.limit != 0 {
		r.line(c.name(), own.values.show(c.unit.format), "", "", "<", c.unit.format(c.limit), own.values.median() < c.limit, true)
	}
}

func (r *report) line(what, routecard, floor, ratio, sign, mark string, met, marked bool) {
	verdict := "missed"
	switch {
	case !marked:
		sign, mark, verdict = "", "", ""
	case met:
		verdict = "met"
	}
	r.lines = append(r.lines, "| "+strings.Join([]string{
		what, routecard, floor, ratio, strings.TrimSpace(sign + " " + mark), verdict,
	}, " | ")+" |")
}

// write writes the report as Markdown. The headings name the figure under test and what it is divided by.
func (r *report) write(out io.Writer, measured, against string) error {
	_, err := fmt.Fprintf(out, "%s\n\n| what | "+measured+" | "+against+" | ratio | mark | met or missed |\n"+
		"| --- | --- | --- | --- | --- | --- |\n%s\n\nEach figure is the median of the rounds, with the lowest and the highest in "+
		"parentheses. A ratio is taken in each round.\n", strings.Join(r.facts, "\n"), strings.Join(r.lines, "\n"))
	return err
}
