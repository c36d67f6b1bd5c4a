package server

import (
	"context"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
)

// GetSession implements GET /api/session.
func (s *Server) GetSession(ctx context.Context, _ gen.GetSessionRequestObject) (gen.GetSessionResponseObject, error) {
	keys, err := s.keys.all(ctx)
	if err != nil {
		return nil, err
	}
	epoch, err := s.store.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	last, err := s.store.LastEvent(ctx)
	if err != nil {
		return nil, err
	}
	session := gen.Session{
		Role:         gen.SessionRole(models.RoleWrite),
		KeysRequired: len(keys) > 0,
		Jira:         s.jira != nil,
		Version:      s.version,
		TimeZone:     s.timeZone.String(),
		LastSeq:      last,
	}
	if key := findKey(keys, httpRequest(ctx).Header.Get("Authorization")); key != nil {
		session.Role, session.Name = gen.SessionRole(key.Role), &key.Name
	}
	return gen.GetSession200JSONResponse{
		Body:    session,
		Headers: gen.GetSession200ResponseHeaders{RoutecardFeedEpoch: epoch},
	}, nil
}
