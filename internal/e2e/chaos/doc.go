// Package chaos runs random operations of every kind that changes something, from many clients at the same time, while
// connections are cut, servers and databases are killed and paused, and keys are replaced. Afterwards it compares the
// recorded history of all requests, and an independent replay of the events, with what the servers return. `make chaos`
// runs it; it needs the build tag chaos.
//
// ROUTECARD_CHAOS is the duration for each database and defaults to 1m. Each run prints its seed first;
// ROUTECARD_CHAOS_SEED repeats its operations and faults. Which unit an operation picks still depends on timing.
//
// Begin with run in chaos_test.go. The other files are: operations (what clients ask for), client (how they send and retry
// them), history (what is recorded), network and faults (what fails), readers (streams, pages, and lists), and
// checker (the comparison).
package chaos
