package server

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/routecard/routecard/internal/version"
	"github.com/routecard/routecard/store"
)

// metrics are what /metrics shows. They belong to a server and not to the process, so that a test can run several servers.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	moves    prometheus.Counter
	streams  prometheus.Gauge
}

func newMetrics(db *store.Store, log *slog.Logger, today func() string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "routecard_requests_total",
			Help: "Number of requests, by operation and HTTP status.",
		}, []string{"operation", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "routecard_request_duration_seconds",
			Help: "Time from the headers of a request to the end of its response, by operation.",
			// From a read of cached data to a write that waits for a slow disk.
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"operation"}),
		moves: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "routecard_moves_total",
			Help: "Number of units that this server has advanced, completed, scrapped, or changed by another command.",
		}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "routecard_streams",
			Help: "Number of clients that follow the events by a live stream.",
		}),
	}
	build := version.Get()
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "routecard_build_info",
		Help: "The build that runs, as labels. The value is always 1.",
	}, []string{"version", "commit", "goversion"})
	info.WithLabelValues(build.Version, build.Commit, build.Go).Set(1)
	m.registry.MustRegister(m.requests, m.duration, m.moves, m.streams, info, newShopCollector(db, log, today),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for name, pool := range db.Pools() {
		m.registry.MustRegister(collectors.NewDBStatsCollector(pool, name))
	}
	return m
}

// watchBackups adds the metric of the last good backup.
func (m *metrics) watchBackups(last func() time.Time) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "routecard_last_backup_timestamp_seconds",
		Help: "When the last backup was made and checked, in seconds since 1970; 0 if there is none.",
	}, func() float64 {
		if at := last(); !at.IsZero() {
			return float64(at.Unix())
		}
		return 0
	}))
}

func (m *metrics) observe(operation string, status int, took time.Duration) {
	m.requests.WithLabelValues(operation, strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(operation).Observe(took.Seconds())
}

// countMoves counts the units that were changed by the commands of a request, and not by an earlier request with the same key.
func (m *metrics) countMoves(earlier bool, results ...store.CommandResult) {
	if earlier {
		return
	}
	for i := range results {
		if results[i].Err == nil {
			m.moves.Inc()
		}
	}
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
