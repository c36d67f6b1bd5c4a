// Package chaos runs random operations of every kind that changes something, from many clients at the same time, while
// connections are cut, servers and databases are killed and paused, and keys are replaced. Afterwards it compares the
// recorded history of all requests, and an independent replay of the events, with what the servers return. `make chaos`
// runs it; it needs the build tag chaos.
//
// ROUTECARD_CHAOS is how long each database is worked, 1m unless given. ROUTECARD_CHAOS_SEED repeats the operations and
// the faults of an earlier run, which printed its seed first. Which unit an operation meets still depends on timing.
//
// Begin with run in chaos_test.go. The other files are: operations (what clients ask for), client (how they send and retry
// it), history (what is recorded), network and faults (what goes wrong meanwhile), readers (streams, pages, and lists), and
// checker (the verdict).
package chaos
