package models

// Counts is how many units of a path are in which state.
type Counts struct {
	InProgress int64 `gorm:"column:in_progress_count"`
	Completed  int64 `gorm:"column:completed_count"`
	Scrapped   int64 `gorm:"column:scrapped_count"`
}

// Total is the number of units that the path has ever had.
func (c Counts) Total() int64 { return c.InProgress + c.Completed + c.Scrapped }

// Add returns the counts of both together.
func (c Counts) Add(other Counts) Counts {
	return Counts{
		InProgress: c.InProgress + other.InProgress,
		Completed:  c.Completed + other.Completed,
		Scrapped:   c.Scrapped + other.Scrapped,
	}
}

// CountsOf are the counts of all the paths together.
func CountsOf(paths []Path) Counts {
	var total Counts
	for i := range paths {
		total = total.Add(paths[i].Counts)
	}
	return total
}

// PercentComplete is completed units for each 100 of the goal, neither rounded nor clamped: 3 of 2 is 150.
func PercentComplete(completed, goal int64) float64 {
	// Multiplied first: 29 of 100 is 29, not 28.999999999999996.
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
