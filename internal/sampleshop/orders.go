package sampleshop

import (
	"fmt"
	"time"

	"github.com/routecard/routecard/models"
)

// The people of the shop. Their names are the userId of their events.
const (
	nora  = "nora" // plans
	maria = "maria"
	tom   = "tom"
	kenji = "kenji"
	aisha = "aisha"
	lena  = "lena"
)

// station is a place where one kind of step is done.
type station struct {
	location string
	operator string
	// perHour is how many units leave the station in an hour while some are waiting.
	perHour float64
	// scrap is the part of the units that is scrapped here, and reasons are why, the most frequent first.
	scrap   float64
	reasons []models.ScrapReason
}

// stations are the stations by the names of their steps.
var stations = map[string]station{
	"Saw":             {"Saw area", maria, 2.4, 0.003, []models.ScrapReason{"operator_error"}},
	"CNC Machining":   {"Mill 1", tom, 0.95, 0.02, []models.ScrapReason{"out_of_tolerance", "process_defect"}},
	"CNC Turning":     {"Lathe 2", tom, 0.6, 0.015, []models.ScrapReason{"out_of_tolerance", "process_defect"}},
	"Deburring":       {"Bench 3", maria, 2.0, 0.008, []models.ScrapReason{"damaged", "operator_error"}},
	"Washing":         {"Wash bay", maria, 1.5, 0, nil},
	"Laser Cutting":   {"Laser", kenji, 1.3, 0.005, []models.ScrapReason{"process_defect"}},
	"Bending":         {"Press brake", kenji, 0.9, 0.01, []models.ScrapReason{"operator_error", "out_of_tolerance"}},
	"Welding":         {"Weld cell", kenji, 0.5, 0.02, []models.ScrapReason{"process_defect", "other"}},
	"Powder Coating":  {"Paint line", aisha, 0.8, 0.01, []models.ScrapReason{"process_defect", "damaged"}},
	"Anodizing":       {"Galvano Meier", aisha, 0.6, 0.01, []models.ScrapReason{"process_defect"}},
	"Kitting":         {"Stores", aisha, 1, 0, nil},
	"Assembly":        {"Assembly 1", lena, 0.4, 0.005, []models.ScrapReason{"damaged"}},
	"Functional Test": {"Test bench", lena, 0.6, 0.02, []models.ScrapReason{"out_of_tolerance", "other"}},
	"Inspection":      {"Inspection", lena, 2.6, 0.01, []models.ScrapReason{"out_of_tolerance", "damaged"}},
	"Packing":         {"Shipping", aisha, 1.2, 0, nil},
}

// stationNames are the stations from the beginning of the routes to their ends, so that no unit is moved twice at a time.
var stationNames = []string{
	"Packing", "Inspection", "Functional Test", "Assembly", "Kitting", "Anodizing", "Powder Coating", "Welding", "Bending",
	"Laser Cutting", "Washing", "Deburring", "CNC Turning", "CNC Machining", "Saw",
}

// route is the way of a kind of part through the shop.
type route struct {
	name  string
	mode  models.AdvancementMode
	steps []step
}

type step struct {
	name       string
	dependency models.DependencyType
	optional   bool
}

func (s step) change() models.StepChange {
	at := stations[s.name]
	location, assignedTo := &at.location, &at.operator
	return models.StepChange{
		Name: &s.name, Location: &location, AssignedTo: &assignedTo, Optional: &s.optional, DependencyType: &s.dependency,
	}
}

var (
	milled = &route{"Main Route", models.Strict, []step{
		{"Saw", models.Physical, false},
		{"CNC Machining", models.Physical, false},
		{"Deburring", models.Preferred, false},
		{"Inspection", models.CompletionGate, false},
	}}
	turned = &route{"Turned Part", models.PerStep, []step{
		{"Saw", models.Physical, false},
		{"CNC Turning", models.Physical, false},
		{"Deburring", models.Preferred, false},
		{"Washing", models.Preferred, true},
		{"Inspection", models.CompletionGate, false},
	}}
	anodized = &route{"Anodized Part", models.Strict, []step{
		{"Saw", models.Physical, false},
		{"CNC Machining", models.Physical, false},
		{"Deburring", models.Preferred, false},
		{"Anodizing", models.Physical, false},
		{"Inspection", models.CompletionGate, false},
		{"Packing", models.Preferred, false},
	}}
	sheet = &route{"Sheet Metal", models.PerStep, []step{
		{"Laser Cutting", models.Physical, false},
		{"Bending", models.Physical, false},
		{"Welding", models.Physical, false},
		{"Powder Coating", models.Preferred, false},
		{"Inspection", models.CompletionGate, false},
	}}
	assembled = &route{"Assembly", models.Strict, []step{
		{"Kitting", models.Physical, false},
		{"Assembly", models.Physical, false},
		{"Functional Test", models.CompletionGate, false},
		{"Packing", models.Preferred, false},
	}}
	prototype = &route{"Prototype", models.Flexible, []step{
		{"CNC Machining", models.Preferred, false}, {"Deburring", models.Preferred, false}, {"Inspection", models.Preferred, false},
	}}
)

// part is a path of an order.
type part struct {
	route *route
	// name is the name of the path. Defaults to that of the route.
	name        string
	goal, units int
	// serialFormat is how the customer numbers the units from 1. Empty for generated serial numbers.
	serialFormat string
}

// newUnits returns a request for n units on the path, which has had some before.
func (p part) newUnits(pathID string, before, n int) models.NewUnits {
	if p.serialFormat == "" {
		return models.NewUnits{PathID: pathID, Quantity: &n}
	}
	wanted := models.NewUnits{PathID: pathID}
	for i := range n {
		wanted.SerialNumbers = append(wanted.SerialNumbers, fmt.Sprintf(p.serialFormat, before+i+1))
	}
	return wanted
}

// order is what a customer has ordered.
type order struct {
	name string
	// ticket is the key of its Jira ticket, "" if there is none.
	ticket, partNumber string
	// priority is "" for an order without one.
	priority models.JobPriority
	// daysAgo is when the order was released, and dueIn when it is due: days from the start of the demo.
	daysAgo float64
	dueIn   int
	parts   []part
}

// all returns the parts of an order whose units all exist.
func all(r *route, n int) []part { return []part{{route: r, goal: n, units: n}} }

// job returns the job of the order. start is the start of the demo.
func (o order) job(start time.Time) models.Job {
	job := models.Job{Name: o.name, DueDate: new(start.AddDate(0, 0, o.dueIn).Format(time.DateOnly))}
	if o.priority != "" {
		job.Priority = &o.priority
	}
	for _, part := range o.parts {
		job.GoalQuantity += int64(part.goal)
	}
	if len(o.parts) == 0 {
		job.GoalQuantity = 10
	}
	if o.ticket != "" {
		job.Jira.TicketKey, job.Jira.TicketSummary = &o.ticket, &o.name
	}
	if o.partNumber != "" {
		job.Jira.PartNumber = &o.partNumber
	}
	return job
}

// rank orders the work: the smallest comes first.
func (o order) rank() int {
	if o.priority == models.Urgent {
		return o.dueIn - 100
	}
	return o.dueIn
}

// isShipped reports whether the job is closed as soon as its last unit is done.
func (o order) isShipped() bool { return o.dueIn <= -5 }

// orders are the orders of three weeks, in the order of their release.
var orders = []order{
	{"JOB-2024-001 Aluminum housings", "PI-42", "AH-200-01", "", 20.6, -9, all(milled, 50)},
	{"Bearing shafts BS-12", "", "BS-12-4", "", 20.5, -8, all(turned, 44)},
	{"Control cabinet doors", "PI-44", "CD-810", "", 19.6, -7, all(sheet, 32)},
	{"Sensor brackets SB-7", "", "SB-7", "", 17.5, -5, all(milled, 36)},
	{"Valve bodies VB-40", "PI-47", "VB-40-2", "", 16.6, -2, []part{{route: anodized, goal: 34, units: 34, serialFormat: "VB40-%03d"}}},
	{"Hydraulic couplings HC-9", "", "HC-9", "", 15.5, -1, all(turned, 48)},
	{"Machine guards MG-3", "PI-51", "MG-3", "", 14.6, 0, all(sheet, 26)},
	{"Pump assembly PA-100", "PI-52", "PA-100", "", 13.6, 2, []part{
		{route: turned, name: "Pump shafts", goal: 20, units: 20}, {route: assembled, goal: 20, units: 20},
	}},
	{"Gearbox covers GC-18", "", "GC-18-1", "", 12.5, -1, all(milled, 64)},
	{"Anodized front panels FP-5", "PI-55", "FP-5", "", 10.6, 3, all(anodized, 48)},
	{"Spindle sleeves", "", "SS-31", models.Urgent, 9.5, 1, all(turned, 40)},
	{"Switchgear housings", "PI-58", "SH-220", "", 8.6, 5, all(sheet, 48)},
	{"Camera mount prototype", "PI-60", "", models.High, 7.5, 1, all(prototype, 6)},
	{"Flow meter assembly", "", "FM-3", models.High, 6.5, -1, all(assembled, 60)},
	{"Heat sinks HS-60", "PI-61", "HS-60", models.High, 5.5, 2, all(milled, 60)},
	{"Guide rails", "", "GR-900", "", 3.6, 6, all(turned, 36)},
	{"Tool holders TH-2", "PI-63", "TH-2", "", 2.5, 13, []part{{route: anodized, goal: 40, units: 25}}},
	{"Battery trays", "", "BT-48", "", 1.2, 12, all(sheet, 40)},
	{"Encoder flanges", "PI-66", "EF-10", "", 0.3, 17, []part{{route: milled, goal: 50}}},
	{"Service kit, spring", "", "", models.Low, 0.2, 24, nil},
}
