//go:build failover || chaos

package e2e

import "strings"

// multiHost returns the URL with the hosts of both URLs, as docs/guides/high-availability.md advises.
func multiHost(first, second string) string {
	host := func(url string) string {
		_, rest, _ := strings.Cut(url, "@")
		host, _, _ := strings.Cut(rest, "/")
		return host
	}
	return strings.Replace(first, host(first), host(first)+","+host(second), 1) + "&target_session_attrs=read-write"
}
