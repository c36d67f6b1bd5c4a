// Package jira is a thin client for the few things that Routecard asks of Jira: list the open tickets of a project, read
// one ticket, and keep one comment on a ticket up to date. It speaks to Jira Cloud (API v3) and to Jira Data Center
// (API v2), and knows nothing of jobs, of the database or of our own HTTP server.
//
// It is written by hand, on the standard library alone, because it makes five kinds of request, and what matters about
// them (a bound on time and size, no redirects, retries only where Jira names a wait, a token that never shows) is the
// part that a general client library leaves to its caller.
package jira
