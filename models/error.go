package models

import "fmt"

// Kind classifies an error, so that the server can choose a status without knowing the message.
type Kind int

// The kinds of errors whose message is for the user. Every other error is internal.
const (
	// Invalid is a request that breaks a rule which the contract's schemas cannot express.
	Invalid Kind = iota + 1
	// NotFound is a resource that does not exist.
	NotFound
	// Conflict is a state that does not allow the change.
	Conflict
	// Changed is a version, named by the caller, that is no longer the current one.
	Changed
	// Upstream is a failure of another system.
	Upstream
	// KeyReused is an idempotency key that belongs to a different request.
	KeyReused
	// Unavailable is a change that the database can't store until an operator has done something. Nothing has changed.
	Unavailable
)

// Error is a failure whose message is a sentence for the user.
type Error struct {
	Kind    Kind
	Message string
	// Fields are the fields that are wrong.
	Fields []FieldError
	// Cause is for the log and not for the user. It may be nil.
	Cause error
}

// FieldError is a field that breaks a rule. Message is a sentence that names the field.
type FieldError struct {
	Field   string
	Message string
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// NotFoundError returns the error for a resource that does not exist: "Job not found: job_…".
func NotFoundError(resource, id string) *Error {
	return &Error{Kind: NotFound, Message: fmt.Sprintf("%s not found: %s", resource, id)}
}

// ConflictError returns the error for a state that does not allow the change.
func ConflictError(format string, args ...any) *Error {
	return &Error{Kind: Conflict, Message: fmt.Sprintf(format, args...)}
}

// ChangedError returns the error for a version that is no longer the current one.
func ChangedError(resource string) *Error {
	return &Error{Kind: Changed, Message: resource + " was changed by someone else"}
}

// InvalidError returns the error for a field that breaks a rule. The rule continues the field's name: "must be …".
func InvalidError(field, rule string) *Error {
	message := field + " " + rule
	return &Error{Kind: Invalid, Message: message, Fields: []FieldError{{Field: field, Message: message}}}
}

// UpstreamError returns the error for a failure of another system. The cause is for the log.
func UpstreamError(message string, cause error) *Error {
	return &Error{Kind: Upstream, Message: message, Cause: cause}
}

// KeyReusedError returns the error for an idempotency key that belongs to a different request.
func KeyReusedError() *Error {
	return &Error{Kind: KeyReused, Message: "Idempotency-Key was already used for a different request"}
}
