package jira

import (
	"context"
	"net/http"
	"strings"
)

// deploymentOf returns Cloud or DataCenter. When that is not configured it asks Jira, once: callers that come meanwhile wait
// for the answer. A failure is not remembered, so the next call asks again.
func (k *call) deploymentOf(ctx context.Context) (string, error) {
	if known := k.deployment.Load(); known != nil {
		return *known, nil
	}
	select {
	case k.probing <- struct{}{}:
		defer func() { <-k.probing }()
	case <-ctx.Done():
		return "", k.broken("waiting to learn which Jira this is", ctx.Err())
	}
	if known := k.deployment.Load(); known != nil {
		return *known, nil
	}

	var info struct {
		DeploymentType string `json:"deploymentType"`
		Version        string `json:"version"`
	}
	// This path is the same everywhere, and the only one of v2 that we ask Jira Cloud for.
	r := request{method: http.MethodGet, path: "/rest/api/2/serverInfo"}
	if err := k.ask(ctx, r, &info); err != nil {
		return "", err
	}
	found := DataCenter // Data Center calls itself "Server"; releases before 7 name no type at all
	switch {
	case strings.EqualFold(info.DeploymentType, "Cloud"):
		found = Cloud
	case info.DeploymentType == "" && info.Version == "":
		return "", noAnswer(r.String() + " answered, but not as Jira does")
	}
	k.deployment.Store(&found)
	return found, nil
}

// apiPath returns the root of the API that we speak to a deployment.
func apiPath(deployment string) string {
	if deployment == Cloud {
		return "/rest/api/3"
	}
	return "/rest/api/2"
}
