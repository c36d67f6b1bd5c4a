package routecard

import (
	"github.com/oapi-codegen/nullable"

	"github.com/routecard/routecard/gen/client"
)

// Jobs.
type (
	// JobID is `job_` followed by 26 characters. IDs sort by time of creation.
	JobID = client.JobID
	// Job is one production order.
	Job = client.Job
	// JobCreate is the input of [Client.CreateJob].
	JobCreate = client.JobCreate
	// JobUpdate is the input of [Client.UpdateJob].
	JobUpdate = client.JobUpdate
	// JobPlan is the input of [Client.PlanJob].
	JobPlan = client.JobPlan
	// ImportJobsParams says how [Client.ImportJobs] reads and imports a file.
	ImportJobsParams = client.ImportJobsParams
	// ImportReport says what an import did with each row of a file.
	ImportReport = client.ImportReport
	// PathPlan is a path of a plan, with its steps and units.
	PathPlan = client.PathPlan
	// JobClose is the input of [Client.CloseJob].
	JobClose = client.JobClose
	// JobReopen is the input of [Client.ReopenJob].
	JobReopen = client.JobReopen
	// JobDetail is a job with its paths and its progress.
	JobDetail = client.JobDetail
	// JobListItem is a job in a list. It has Progress if the request included [IncludeProgress].
	JobListItem = client.JobListItem
	// JobProgress is the progress of a job.
	JobProgress = client.JobProgress
	// ListJobsParams filters a list of jobs. A job must match all fields that are set.
	ListJobsParams = client.ListJobsParams
)

type (
	// JobPriority is how urgent a job is.
	JobPriority = client.JobPriority
	// JobUpdatePriority is a JobPriority in the input of [Client.UpdateJob].
	JobUpdatePriority = client.JobUpdatePriority
	// ListJobsParamsSort is an order of the result of [Client.ListJobs].
	ListJobsParamsSort = client.ListJobsParamsSort
	// ListJobsParamsState is a state by which [Client.ListJobs] selects jobs.
	ListJobsParamsState = client.ListJobsParamsState
)

// Lengths of a bucket of [Throughput].
const (
	Hour = client.Hour
	Day  = client.Day
	Week = client.Week
)

// Statuses of a [Forecast]: the goal is reached, a date can be said, or nothing was completed to go by.
const (
	Done         = client.Done
	Expected     = client.Expected
	Undetermined = client.Undetermined
)

// Priorities of a job.
const (
	JobPriorityUrgent = client.JobPriorityUrgent
	JobPriorityHigh   = client.JobPriorityHigh
	JobPriorityNormal = client.JobPriorityNormal
	JobPriorityLow    = client.JobPriorityLow

	JobUpdatePriorityUrgent = client.JobUpdatePriorityUrgent
	JobUpdatePriorityHigh   = client.JobUpdatePriorityHigh
	JobUpdatePriorityNormal = client.JobUpdatePriorityNormal
	JobUpdatePriorityLow    = client.JobUpdatePriorityLow
)

type (
	// ImportJobsParamsOnDuplicate says what happens to a row whose external ID a job has.
	ImportJobsParamsOnDuplicate = client.ImportJobsParamsOnDuplicate
	// ImportJobsParamsDateOrder says how dates with slashes are read.
	ImportJobsParamsDateOrder = client.ImportJobsParamsDateOrder
	// ImportColumn is a column of an imported file.
	ImportColumn = client.ImportColumn
	// ImportRow is the outcome of one row of an imported file.
	ImportRow = client.ImportRow
	// ImportError says what is wrong with a cell of an imported row.
	ImportError = client.ImportError
	// ImportRowStatus is the status of an [ImportRow].
	ImportRowStatus = client.ImportRowStatus
)

// What happens to a row whose external ID a job has. The default is an error.
const (
	ImportJobsParamsOnDuplicateError  = client.ImportJobsParamsOnDuplicateError
	ImportJobsParamsOnDuplicateSkip   = client.ImportJobsParamsOnDuplicateSkip
	ImportJobsParamsOnDuplicateUpdate = client.ImportJobsParamsOnDuplicateUpdate
)

// How dates with slashes are read.
const (
	ImportJobsParamsDateOrderDmy = client.ImportJobsParamsDateOrderDmy
	ImportJobsParamsDateOrderMdy = client.ImportJobsParamsDateOrderMdy
)

// Statuses of an [ImportRow]. A valid row was not imported because another row failed.
const (
	ImportRowStatusCreated = client.ImportRowStatusCreated
	ImportRowStatusUpdated = client.ImportRowStatusUpdated
	ImportRowStatusSkipped = client.ImportRowStatusSkipped
	ImportRowStatusFailed  = client.ImportRowStatusFailed
	ImportRowStatusValid   = client.ImportRowStatusValid
)

// Parts of the result of [Client.ListJobs] that a request can include. IncludeDistribution includes the progress too.
const (
	IncludeProgress     = client.ListJobsParamsIncludeProgress
	IncludeDistribution = client.ListJobsParamsIncludeDistribution
)

// Orders and states of the result of [Client.ListJobs].
const (
	ListJobsParamsSortCreated  = client.ListJobsParamsSortCreated
	ListJobsParamsSortDue      = client.ListJobsParamsSortDue
	ListJobsParamsSortPriority = client.ListJobsParamsSortPriority

	ListJobsParamsStateOpen   = client.ListJobsParamsStateOpen
	ListJobsParamsStateClosed = client.ListJobsParamsStateClosed
	ListJobsParamsStateLate   = client.ListJobsParamsStateLate
)

// Work, places, and the session.
type (
	// WorkItem is what waits at one step.
	WorkItem = client.WorkItem
	// ListWorkParams filters a list of work. A step must match all fields that are set.
	ListWorkParams = client.ListWorkParams
	// GetThroughputParams say which period is counted, and in which buckets.
	GetThroughputParams = client.GetThroughputParams
	// Throughput are counts of units over time.
	Throughput = client.Throughput
	// GetStepTimesParams say which period and job are looked at.
	GetStepTimesParams = client.GetStepTimesParams
	// StepTimes are the times that units spend at steps.
	StepTimes = client.StepTimes
	// GetScrapParams say which period and job are counted.
	GetScrapParams = client.GetScrapParams
	// Scrap are counts of scrapped units by reason and step.
	Scrap = client.Scrap
	// GetForecastParams name the job.
	GetForecastParams = client.GetForecastParams
	// Forecast is when a job will reach its goal.
	Forecast = client.Forecast
	// ForecastStatus says whether the goal is reached, can be forecast, or cannot.
	ForecastStatus = client.ForecastStatus
	// ForecastBasis is what a forecast was computed from.
	ForecastBasis = client.ForecastBasis
	// StepTime are the times that units spend at one step.
	StepTime = client.StepTime
	// ScrapCount is how many units were scrapped for one reason at one step.
	ScrapCount = client.ScrapCount
	// ThroughputCounts are the counts of one bucket.
	ThroughputCounts = client.ThroughputCounts
	// BucketLength is an hour, a day, or a week.
	BucketLength = client.BucketLength
	// Places are the locations, assignees, and step names of open jobs.
	Places = client.Places
	// Place is a location, an assignee, or a step name.
	Place = client.Place
	// Session is what the caller may do, and what the server offers.
	Session = client.Session
	// SessionRole is the role of an API key: [Read], [Operate], or [Write].
	SessionRole = client.SessionRole
)

// Roles of an API key.
const (
	Read    = client.Read
	Operate = client.Operate
	Write   = client.Write
)

// Templates.
type (
	// TemplateID is `tpl_` followed by 26 characters. IDs sort by time of creation.
	TemplateID = client.TemplateID
	// Template is a list of steps from which paths are made.
	Template = client.Template
	// TemplateStep is one step of a template.
	TemplateStep = client.TemplateStep
	// TemplateCreate is the input of [Client.CreateTemplate].
	TemplateCreate = client.TemplateCreate
	// TemplateUpdate is the input of [Client.UpdateTemplate].
	TemplateUpdate = client.TemplateUpdate
	// ListTemplatesParams selects a page of a list of templates.
	ListTemplatesParams = client.ListTemplatesParams
)

// Paths and their steps.
type (
	// PathID is `path_` followed by 26 characters. IDs sort by time of creation.
	PathID = client.PathID
	// Path is one route of a job through the shop.
	Path = client.Path
	// PathCreate is the input of [Client.CreatePath].
	PathCreate = client.PathCreate
	// PathUpdate is the input of [Client.UpdatePath].
	PathUpdate = client.PathUpdate
	// PathDetail is a path and the number of units at each of its steps.
	PathDetail = client.PathDetail
	// PathProgress is the progress of a path.
	PathProgress = client.PathProgress
	// ListJobPathsParams selects a page of a list of paths.
	ListJobPathsParams = client.ListJobPathsParams
	// AdvancementMode says which steps a unit may skip: [Strict], [Flexible], or [PerStep].
	AdvancementMode = client.AdvancementMode

	// StepID is `step_` followed by 26 characters. A step keeps its ID when its path is changed or reordered.
	StepID = client.StepID
	// Step is one process operation on a path.
	Step = client.Step
	// StepCreate is a step in the input of [Client.CreatePath].
	StepCreate = client.StepCreate
	// StepInput is a step in the input of [Client.UpdatePath]: an existing step with its ID, or a new step without an ID.
	StepInput = client.StepInput
	// StepUpdate is the input of [Client.UpdateStep].
	StepUpdate = client.StepUpdate
	// StepDistribution is the number of units at a step.
	StepDistribution = client.StepDistribution
	// DependencyType says how strictly a step is required: [Preferred], [Physical], or [CompletionGate].
	DependencyType = client.DependencyType
)

// The values of [AdvancementMode].
const (
	Strict   = client.Strict
	Flexible = client.Flexible
	PerStep  = client.PerStep
)

// The values of [DependencyType].
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
	// SerialDetail is a unit and its state at each step of its path.
	SerialDetail = client.SerialDetail
	// SerialStep is a step and its state for one unit.
	SerialStep = client.SerialStep
	// SerialJob is the job of a unit.
	SerialJob = client.SerialJob
	// SerialPath is the path of a unit.
	SerialPath = client.SerialPath
	// SerialAction says whether a unit accepts a command.
	SerialAction = client.SerialAction
	// SerialActionName is the name of a command for a unit.
	SerialActionName = client.SerialActionName
	// SerialStatus is the state of a unit.
	SerialStatus = client.SerialStatus
	// SerialStepStatus is the state of a step for one unit.
	SerialStepStatus = client.SerialStepStatus
	// SerialsCreate is the input of [Client.CreateSerials]: either a quantity or a list of serial numbers.
	SerialsCreate = client.SerialsCreate
	// ListSerialsParams filters a list of units. A unit must match all fields that are set.
	ListSerialsParams = client.ListSerialsParams

	// SerialAdvance is the input of [Client.AdvanceSerial].
	SerialAdvance = client.SerialAdvance
	// SerialAdvanceTo is the input of [Client.AdvanceSerialTo]: either TargetStepIndex or TargetStepID must be set.
	SerialAdvanceTo = client.SerialAdvanceTo
	// AdvanceToResult is a unit that was advanced and the steps that it bypassed.
	AdvanceToResult = client.AdvanceToResult
	// BypassedStep is a step that a unit bypassed.
	BypassedStep = client.BypassedStep
	// BypassedStepStatus says whether a bypassed step must still be done.
	BypassedStepStatus = client.BypassedStepStatus
	// SerialScrap is the input of [Client.ScrapSerial].
	SerialScrap = client.SerialScrap
	// ScrapReason is the reason why a unit is scrapped. [Other] requires an explanation.
	ScrapReason = client.ScrapReason
	// SerialForceComplete is the input of [Client.ForceCompleteSerial].
	SerialForceComplete = client.SerialForceComplete
	// SerialUndo is the input of [Client.UndoSerial].
	SerialUndo = client.SerialUndo
	// StepOverride is the input of [Client.OverrideStep].
	StepOverride = client.StepOverride
	// StepWaive is the input of [Client.WaiveStep].
	StepWaive = client.StepWaive
	// StepComplete is the input of [Client.CompleteStep].
	StepComplete = client.StepComplete

	// SerialsAdvance is the input of [Client.AdvanceSerials].
	SerialsAdvance = client.SerialsAdvance
	// SerialsScrap is the input of [Client.ScrapSerials].
	SerialsScrap = client.SerialsScrap
	// SerialsAdvanceTo is the input of [Client.AdvanceSerialsTo].
	SerialsAdvanceTo = client.SerialsAdvanceTo
	// SerialsOverride is the input of [Client.OverrideSteps].
	SerialsOverride = client.SerialsOverride
	// SerialsUndo is the input of [Client.UndoSerials].
	SerialsUndo = client.SerialsUndo
	// SerialNote is the input of [Client.AddSerialNote].
	SerialNote = client.SerialNote
	// SerialsNote is the input of [Client.AddSerialNotes].
	SerialsNote = client.SerialsNote
	// BulkMode says whether a command on many units is applied to all or none of them ([Atomic]) or to each independently
	// ([PerItem]).
	BulkMode = client.BulkMode
	// BulkResult is the result of a command on many units.
	BulkResult = client.BulkResult
	// BulkOutcome is the result for one unit of a command on many. It has either the unit or an error.
	BulkOutcome = client.BulkOutcome
)

// The values of [SerialActionName].
const (
	ActionAdvance       = client.ActionAdvance
	ActionSkip          = client.ActionSkip
	ActionScrap         = client.ActionScrap
	ActionForceComplete = client.ActionForceComplete
	ActionUndo          = client.ActionUndo
	ActionNote          = client.ActionNote
	ActionDelete        = client.ActionDelete
	ActionAdvanceTo     = client.ActionAdvanceTo
	ActionOverride      = client.ActionOverride
	ActionClearOverride = client.ActionClearOverride
	ActionWaive         = client.ActionWaive
	ActionComplete      = client.ActionComplete
)

// The values of [SerialStatus].
const (
	SerialStatusInProgress = client.SerialStatusInProgress
	SerialStatusCompleted  = client.SerialStatusCompleted
	SerialStatusScrapped   = client.SerialStatusScrapped
)

// The values of [SerialStepStatus].
const (
	SerialStepStatusPending    = client.SerialStepStatusPending
	SerialStepStatusInProgress = client.SerialStepStatusInProgress
	SerialStepStatusCompleted  = client.SerialStepStatusCompleted
	SerialStepStatusSkipped    = client.SerialStepStatusSkipped
	SerialStepStatusDeferred   = client.SerialStepStatusDeferred
	SerialStepStatusWaived     = client.SerialStepStatusWaived
)

// The values of [BypassedStepStatus].
const (
	BypassedStepStatusSkipped  = client.BypassedStepStatusSkipped
	BypassedStepStatusDeferred = client.BypassedStepStatusDeferred
)

// The values of [ScrapReason].
const (
	OutOfTolerance = client.OutOfTolerance
	ProcessDefect  = client.ProcessDefect
	Damaged        = client.Damaged
	OperatorError  = client.OperatorError
	Other          = client.Other
)

// The values of [BulkMode].
const (
	Atomic  = client.Atomic
	PerItem = client.PerItem
)

// Jira.
type (
	// JiraTicket is a ticket with its current fields in Jira.
	JiraTicket = client.JiraTicket
	// JiraLink is the input of [Client.LinkJiraTicket]. Without a JobID it creates a job.
	JiraLink = client.JiraLink
	// JiraPush is the input of [Client.PushJobToJira].
	JiraPush = client.JiraPush
	// JiraPushed is the comment that [Client.PushJobToJira] has written.
	JiraPushed = client.JiraPushed
	// ListJiraTicketsParams selects a page of a list of tickets.
	ListJiraTicketsParams = client.ListJiraTicketsParams
)

// Events and errors.
type (
	// Event is one change: what happened, when, the user that the caller named, and the API key that was used. Its method Typed
	// returns one of the types below, by Event.Type.
	Event = client.Event
	// EventBase has what all types of events have in common.
	EventBase = client.EventBase
	// JobCreatedEvent is an event of type job.created.
	JobCreatedEvent = client.JobCreatedEvent
	// JobUpdatedEvent is an event of type job.updated.
	JobUpdatedEvent = client.JobUpdatedEvent
	// JobDeletedEvent is an event of type job.deleted.
	JobDeletedEvent = client.JobDeletedEvent
	// JobLinkedEvent is an event of type job.linked.
	JobLinkedEvent = client.JobLinkedEvent
	// JobPushedEvent is an event of type job.pushed.
	JobPushedEvent = client.JobPushedEvent
	// PathEvent is an event of type path.created, path.updated, or path.deleted.
	PathEvent = client.PathEvent
	// StepUpdatedEvent is an event of type step.updated.
	StepUpdatedEvent = client.StepUpdatedEvent
	// SerialCreatedEvent is an event of type serial.created.
	SerialCreatedEvent = client.SerialCreatedEvent
	// SerialMovedEvent is an event of type serial.advanced or serial.completed.
	SerialMovedEvent = client.SerialMovedEvent
	// SerialScrappedEvent is an event of type serial.scrapped.
	SerialScrappedEvent = client.SerialScrappedEvent
	// SerialForceCompletedEvent is an event of type serial.force_completed.
	SerialForceCompletedEvent = client.SerialForceCompletedEvent
	// SerialUndoneEvent is an event of type serial.undone.
	SerialUndoneEvent = client.SerialUndoneEvent
	// StepOverriddenEvent is an event of type serial.step_overridden.
	StepOverriddenEvent = client.StepOverriddenEvent
	// OverrideClearedEvent is an event of type serial.override_cleared.
	OverrideClearedEvent = client.OverrideClearedEvent
	// StepWaivedEvent is an event of type serial.step_waived.
	StepWaivedEvent = client.StepWaivedEvent
	// StepCompletedEvent is an event of type serial.step_completed.
	StepCompletedEvent = client.StepCompletedEvent
	// ListEventsParams filters events. An event must match all fields that are set.
	ListEventsParams = client.ListEventsParams
	// ListEventsParamsOrder is an order of the result of [Client.ListEvents].
	ListEventsParamsOrder = client.ListEventsParamsOrder
	// FieldError is one invalid field of a request.
	FieldError = client.FieldError
)

// Orders of the result of [Client.ListEvents]. The default is the oldest event first.
const (
	ListEventsParamsOrderAsc  = client.ListEventsParamsOrderAsc
	ListEventsParamsOrderDesc = client.ListEventsParamsOrderDesc
)

// Value returns a value for a field that can also be cleared, see [Null].
func Value[T any](value T) nullable.Nullable[T] { return nullable.NewNullableWithValue(value) }

// Null returns the value that clears a field. A field without a value does not change.
func Null[T any]() nullable.Nullable[T] { return nullable.NewNullNullable[T]() }
