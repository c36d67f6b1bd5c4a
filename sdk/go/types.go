package routecard

import "github.com/oapi-codegen/nullable"

// Parts of the result of [Client.ListJobs] that a request can include. IncludeDistribution includes the progress too.
const (
	IncludeProgress     = ListJobsParamsIncludeProgress
	IncludeDistribution = ListJobsParamsIncludeDistribution
)

// Value returns a value for a field that can also be cleared, see [Null].
func Value[T any](value T) nullable.Nullable[T] { return nullable.NewNullableWithValue(value) }

// Null returns the value that clears a field. A field without a value does not change.
func Null[T any]() nullable.Nullable[T] { return nullable.NewNullNullable[T]() }
