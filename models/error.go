package models

import "fmt"

// Kind says what sort of thing went wrong, so that the server can choose a status without knowing the sentence.
type Kind int

// The kinds of errors that have a sentence for the user. Every other error is an internal one.
const (
	// Invalid is a request that breaks a rule which the contract's schemas can't express.
	Invalid Kind = iota + 1
	// NotFound is a thing that does not exist.
	NotFound
	// Conflict is a state that does not allow what was asked for.
	Conflict
	// Changed is a version, named by the caller, that no longer is the current one.
	Changed
	// Upstream is another system that did not do its part.
	Upstream
)

// Error is a failure with a sentence for the user.
type Error struct {
	Kind    Kind
	Message string
	// Fields names the fields at fault, for Invalid.
	Fields []FieldError
	// Cause is for the log, not for the user; nil where the sentence says it all.
	Cause error
}

// FieldError is one field that breaks a rule. Message is a whole sentence, the field's name included.
type FieldError struct {
	Field   string
	Message string
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// NotFoundError says that there is no such thing: "Job not found: job_…".
func NotFoundError(thing, id string) *Error {
	return &Error{Kind: NotFound, Message: fmt.Sprintf("%s not found: %s", thing, id)}
}

// ConflictError says why the state does not allow what was asked for.
func ConflictError(format string, args ...any) *Error {
	return &Error{Kind: Conflict, Message: fmt.Sprintf(format, args...)}
}

// ChangedError says that the version which the caller named is not the current one any more.
func ChangedError(thing string) *Error {
	return &Error{Kind: Changed, Message: thing + " was changed by someone else"}
}

// InvalidError says that a field breaks a rule; rule goes on from the field's name: "must be …".
func InvalidError(field, rule string) *Error {
	message := field + " " + rule
	return &Error{Kind: Invalid, Message: message, Fields: []FieldError{{Field: field, Message: message}}}
}

// UpstreamError says that another system did not do its part.
func UpstreamError(sentence string, cause error) *Error {
	return &Error{Kind: Upstream, Message: sentence, Cause: cause}
}
