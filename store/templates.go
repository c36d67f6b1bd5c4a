package store

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// CreateTemplate stores a template under a new id, and reports whether the template is the result of an earlier request. It
// returns a KeyReused error.
func (s *Store) CreateTemplate(ctx context.Context, by Request, template models.Template) (models.Template, bool, error) {
	return Once(ctx, s, by, func() (models.Template, error) {
		err := s.db.Transact(ctx, func(t *database.Tx) error {
			template.ID = models.NewID(models.TemplatePrefix)
			template.Version = 1
			template.CreatedAt, template.UpdatedAt = t.At, t.At
			t.Queue(rows.New([]models.Template{template}))
			if err := keepResult(t, by, template); err != nil {
				return err
			}
			return recordTemplate(t, by, models.TemplateCreated, template)
		})
		return template, err
	})
}

// Template returns one template, or a NotFound error.
func (s *Store) Template(ctx context.Context, id string) (template models.Template, err error) {
	err = s.db.Query(ctx, func(db *gorm.DB) error {
		template, err = findTemplate(db, id)
		return err
	})
	return template, err
}

func findTemplate(db *gorm.DB, id string) (models.Template, error) {
	return findByID[models.Template](db, "Template", id)
}

// Templates returns up to limit templates, newest first, that follow the template with the id before. An empty id begins with
// the newest template.
func (s *Store) Templates(ctx context.Context, before string, limit int) (page Page[models.Template], err error) {
	err = s.db.Query(ctx, func(db *gorm.DB) error {
		query := db.Order("id DESC")
		if before != "" {
			query = query.Where("id < ?", before)
		}
		page, err = rows.ReadPage[models.Template](query, limit)
		return err
	})
	return page, err
}

// UpdateTemplate changes the fields that are set and returns the changed template. Paths that were made from it stay as they
// are. It returns a NotFound error, or a Changed error when the condition does not hold.
func (s *Store) UpdateTemplate(
	ctx context.Context, by Request, id string, condition Condition, change models.TemplateChange,
) (models.Template, error) {
	var template models.Template
	err := s.db.Transact(ctx, func(t *database.Tx) (err error) {
		if template, err = lockTemplate(t, id, condition); err != nil {
			return err
		}
		change.Apply(&template)
		template.Version++
		template.UpdatedAt = changeTime(t, template.UpdatedAt)
		if err := t.Select("name", "advancement_mode", "steps", "version", "updated_at").Updates(&template).Error; err != nil {
			return err
		}
		return recordTemplate(t, by, models.TemplateUpdated, template)
	})
	return template, err
}

// DeleteTemplate deletes a template. It returns a NotFound error, or a Changed error when the condition does not hold.
func (s *Store) DeleteTemplate(ctx context.Context, by Request, id string, condition Condition) error {
	return s.db.Transact(ctx, func(t *database.Tx) error {
		template, err := lockTemplate(t, id, condition)
		if err != nil {
			return err
		}
		if err := t.Delete(&template).Error; err != nil {
			return err
		}
		return recordTemplate(t, by, models.TemplateDeleted, template)
	})
}

// lockTemplate returns the template and locks it against other changes until the transaction ends.
func lockTemplate(t *database.Tx, id string, condition Condition) (models.Template, error) {
	template, err := findTemplate(t.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}), id)
	if err != nil {
		return template, err
	}
	if !condition.Holds(template.Version) {
		return template, models.ChangedError("Template")
	}
	return template, nil
}

// recordTemplate records an event that shows the template.
func recordTemplate(t *database.Tx, by Request, event models.EventType, template models.Template) error {
	return recordEvent(t, by, models.Event{Type: event}, struct {
		TemplateID      string                 `json:"templateId"`
		Name            string                 `json:"name"`
		AdvancementMode models.AdvancementMode `json:"advancementMode"`
		Steps           models.TemplateSteps   `json:"steps"`
	}{template.ID, template.Name, template.AdvancementMode, template.Steps})
}
