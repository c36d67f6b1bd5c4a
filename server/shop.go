package server

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/routecard/routecard/store"
)

const (
	// shopAge is how old the numbers of jobs and units in /metrics may be, so that frequent scrapes cost little.
	shopAge = 30 * time.Second
	// shopTimeout is how long the database may take to count. After that, the scrape does not have these numbers.
	shopTimeout = 5 * time.Second
)

// shopCollector is the metrics of jobs and units.
type shopCollector struct {
	store *store.Store
	log   *slog.Logger
	// today returns the day before which a due date is in the past.
	today func() string

	jobs, open, late, units *prometheus.Desc

	// mutex guards what follows, and lets one scrape at a time ask the database.
	mutex  sync.Mutex
	shop   store.Shop
	counts time.Time
}

func newShopCollector(db *store.Store, log *slog.Logger, today func() string) *shopCollector {
	return &shopCollector{
		store: db, log: log, today: today,
		jobs:  prometheus.NewDesc("routecard_jobs", "Number of jobs. At most 30 seconds old, as all numbers of jobs and units.", nil, nil),
		open:  prometheus.NewDesc("routecard_jobs_open", "Number of jobs that are not closed and have not met their goal.", nil, nil),
		late:  prometheus.NewDesc("routecard_jobs_late", "Number of open jobs whose due date is in the past.", nil, nil),
		units: prometheus.NewDesc("routecard_units", "Number of units, by status.", []string{"status"}, nil),
	}
}

// Describe implements [prometheus.Collector].
func (c *shopCollector) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- c.jobs
	descriptions <- c.open
	descriptions <- c.late
	descriptions <- c.units
}

// Collect implements [prometheus.Collector].
func (c *shopCollector) Collect(metrics chan<- prometheus.Metric) {
	shop, err := c.current()
	if err != nil {
		c.log.Warn("could not count jobs and units", "error", err)
		return
	}
	for description, count := range map[*prometheus.Desc]int64{c.jobs: shop.Jobs, c.open: shop.OpenJobs, c.late: shop.LateJobs} {
		metrics <- prometheus.MustNewConstMetric(description, prometheus.GaugeValue, float64(count))
	}
	for status, count := range map[string]int64{
		"in_progress": shop.Units.InProgress, "completed": shop.Units.Completed, "scrapped": shop.Units.Scrapped,
	} {
		metrics <- prometheus.MustNewConstMetric(c.units, prometheus.GaugeValue, float64(count), status)
	}
}

// current returns numbers that are not older than shopAge.
func (c *shopCollector) current() (store.Shop, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.counts.IsZero() && time.Since(c.counts) < shopAge {
		return c.shop, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), shopTimeout)
	defer cancel()
	shop, err := c.store.Shop(ctx, c.today())
	if err == nil {
		c.shop, c.counts = shop, time.Now() //nolint:forbidigo // Elapsed time is measured by the real clock.
	}
	return shop, err
}
