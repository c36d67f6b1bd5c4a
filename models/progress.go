package models

// Counts has the numbers of a path's units by status.
type Counts struct {
	InProgress int64 `gorm:"column:in_progress_count"`
	Completed  int64 `gorm:"column:completed_count"`
	Scrapped   int64 `gorm:"column:scrapped_count"`
}

// Total returns the number of all units of the path.
func (c Counts) Total() int64 { return c.InProgress + c.Completed + c.Scrapped }

// Add returns the sum of both counts.
func (c Counts) Add(other Counts) Counts {
	return Counts{
		InProgress: c.InProgress + other.InProgress,
		Completed:  c.Completed + other.Completed,
		Scrapped:   c.Scrapped + other.Scrapped,
	}
}

// CountsOf returns the sum of the counts of all paths.
func CountsOf(paths []Path) Counts {
	var total Counts
	for i := range paths {
		total = total.Add(paths[i].Counts)
	}
	return total
}

// PercentComplete returns completed as a percentage of the goal. It is not rounded and may exceed 100.
func PercentComplete(completed, goal int64) float64 {
	// The product comes first, so that 29 of 100 is 29 and not 28.999999999999996.
	return float64(completed) * 100 / float64(goal)
}

// IsBottleneck reports whether no other step of the path has more units in progress than the step with the given index. A
// path without units in progress has no bottleneck.
func (p *Path) IsBottleneck(stepIndex int) bool {
	count := p.Steps[stepIndex].PartCount
	for i := range p.Steps {
		if p.Steps[i].PartCount > count {
			return false
		}
	}
	return count > 0
}
