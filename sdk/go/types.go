package routecard

import (
	"github.com/oapi-codegen/nullable"

	"github.com/routecard/routecard/gen/client"
)

// Jobs.
type (
	// JobID is `job_` and 26 characters; ids sort by time of creation.
	JobID = client.JobID
	// Job is one production order.
	Job = client.Job
	// JobCreate is a job to be created.
	JobCreate = client.JobCreate
	// JobUpdate is what to change of a job.
	JobUpdate = client.JobUpdate
	// JobDetail is a job with its paths and its progress.
	JobDetail = client.JobDetail
	// JobListItem is a job as it stands in a list: with its progress, if asked for by [IncludeProgress].
	JobListItem = client.JobListItem
	// JobProgress is how far along a job is.
	JobProgress = client.JobProgress
	// ListJobsParams says which jobs to list; a job must match all that is given.
	ListJobsParams = client.ListJobsParams
)

// IncludeProgress asks [Client.ListJobs] for the progress of each job.
const IncludeProgress = client.ListJobsParamsIncludeProgress

// Paths and their steps.
type (
	// PathID is `path_` and 26 characters; ids sort by time of creation.
	PathID = client.PathID
	// Path is one route of a job through the shop.
	Path = client.Path
	// PathCreate is a path to be created.
	PathCreate = client.PathCreate
	// PathUpdate is what to change of a path.
	PathUpdate = client.PathUpdate
	// PathDetail is a path and where its units stand.
	PathDetail = client.PathDetail
	// PathProgress is how far along a path is.
	PathProgress = client.PathProgress
	// ListJobPathsParams bounds a page of paths.
	ListJobPathsParams = client.ListJobPathsParams
	// AdvancementMode is how far a unit may jump: [Strict], [Flexible] or [PerStep].
	AdvancementMode = client.AdvancementMode

	// StepID is `step_` and 26 characters. A step keeps it through edits and reorders of its path.
	StepID = client.StepID
	// Step is one process operation on a path.
	Step = client.Step
	// StepCreate is a step of a path to be created.
	StepCreate = client.StepCreate
	// StepInput is a step of a path to be changed: the one with its ID, or a new one without.
	StepInput = client.StepInput
	// StepUpdate is what to change of a step.
	StepUpdate = client.StepUpdate
	// StepDistribution is how many units stand at a step.
	StepDistribution = client.StepDistribution
	// DependencyType is how strictly a step binds: [Preferred], [Physical] or [CompletionGate].
	DependencyType = client.DependencyType
)

// How far a unit may jump.
const (
	Strict   = client.Strict
	Flexible = client.Flexible
	PerStep  = client.PerStep
)

// How strictly a step binds.
const (
	Preferred      = client.Preferred
	Physical       = client.Physical
	CompletionGate = client.CompletionGate
)

// Serial numbers and the commands that move them.
type (
	// SerialID is what is engraved on the part: "SN-00001", or a number of the shop's own.
	SerialID = client.SerialID
	// Serial is one physical unit on a path.
	Serial = client.Serial
	// SerialDetail is a unit and what has become of each step of its path.
	SerialDetail = client.SerialDetail
	// SerialStep is what has become of a step for one unit.
	SerialStep = client.SerialStep
	// SerialStatus is the state of a unit.
	SerialStatus = client.SerialStatus
	// SerialStepStatus is the state of a step for one unit.
	SerialStepStatus = client.SerialStepStatus
	// SerialsCreate are units to be created: a quantity of them, or those with the given numbers.
	SerialsCreate = client.SerialsCreate
	// ListSerialsParams says which units to list; a unit must match all that is given.
	ListSerialsParams = client.ListSerialsParams

	// SerialAdvance moves a unit to its next step.
	SerialAdvance = client.SerialAdvance
	// SerialAdvanceTo moves a unit past steps, to the one of TargetStepIndex or TargetStepID.
	SerialAdvanceTo = client.SerialAdvanceTo
	// AdvanceToResult is a unit that was advanced, and what it bypassed.
	AdvanceToResult = client.AdvanceToResult
	// BypassedStep is a step that a unit bypassed.
	BypassedStep = client.BypassedStep
	// BypassedStepStatus is whether a bypassed step is owed.
	BypassedStepStatus = client.BypassedStepStatus
	// SerialScrap takes a unit out of production for good.
	SerialScrap = client.SerialScrap
	// ScrapReason is why a unit is scrapped; [Other] needs an explanation.
	ScrapReason = client.ScrapReason
	// SerialForceComplete completes a unit over open steps.
	SerialForceComplete = client.SerialForceComplete
	// SerialUndo takes back a unit's last change.
	SerialUndo = client.SerialUndo
	// StepOverride makes a step optional for one unit.
	StepOverride = client.StepOverride
	// StepWaive excuses a deferred step.
	StepWaive = client.StepWaive
	// StepComplete reports a deferred step as done.
	StepComplete = client.StepComplete

	// SerialsAdvance moves many units to their next step.
	SerialsAdvance = client.SerialsAdvance
	// SerialsScrap takes many units out of production.
	SerialsScrap = client.SerialsScrap
	// BulkMode is whether a command on many units is [Atomic] or [PerItem].
	BulkMode = client.BulkMode
	// BulkResult is what became of many units.
	BulkResult = client.BulkResult
	// BulkOutcome is what became of one of them: it has either the unit or an error.
	BulkOutcome = client.BulkOutcome
)

// The state of a unit.
const (
	SerialStatusInProgress = client.SerialStatusInProgress
	SerialStatusCompleted  = client.SerialStatusCompleted
	SerialStatusScrapped   = client.SerialStatusScrapped
)

// The state of a step for one unit.
const (
	SerialStepStatusPending    = client.SerialStepStatusPending
	SerialStepStatusInProgress = client.SerialStepStatusInProgress
	SerialStepStatusCompleted  = client.SerialStepStatusCompleted
	SerialStepStatusSkipped    = client.SerialStepStatusSkipped
	SerialStepStatusDeferred   = client.SerialStepStatusDeferred
	SerialStepStatusWaived     = client.SerialStepStatusWaived
)

// Whether a bypassed step is owed.
const (
	BypassedStepStatusSkipped  = client.BypassedStepStatusSkipped
	BypassedStepStatusDeferred = client.BypassedStepStatusDeferred
)

// Why a unit is scrapped.
const (
	OutOfTolerance = client.OutOfTolerance
	ProcessDefect  = client.ProcessDefect
	Damaged        = client.Damaged
	OperatorError  = client.OperatorError
	Other          = client.Other
)

// Whether a command on many units is for all or none, or for each by itself.
const (
	Atomic  = client.Atomic
	PerItem = client.PerItem
)

// Jira.
type (
	// JiraTicket is a ticket as Jira has it now.
	JiraTicket = client.JiraTicket
	// JiraLink says which ticket to link, and to which job; to a new one unless given.
	JiraLink = client.JiraLink
	// JiraPush says which job's progress to write to its ticket.
	JiraPush = client.JiraPush
	// JiraPushed is the comment that now has the progress.
	JiraPushed = client.JiraPushed
	// ListJiraTicketsParams bounds a page of tickets.
	ListJiraTicketsParams = client.ListJiraTicketsParams
)

// Events and errors.
type (
	// Event is one change: what happened, when, and by whom.
	Event = client.Event
	// ListEventsParams says which events to read; an event must match all that is given.
	ListEventsParams = client.ListEventsParams
	// FieldError is one field that breaks a rule.
	FieldError = client.FieldError
)

// Value sets a field that could also be cleared.
func Value[T any](value T) nullable.Nullable[T] { return nullable.NewNullableWithValue(value) }

// Null clears a field. One that is not set at all stays as it is.
func Null[T any]() nullable.Nullable[T] { return nullable.NewNullNullable[T]() }
