package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/work"
)

// limitFor is how long each limit is measured.
const limitFor = 500 * time.Millisecond

// benchLimits are what the machine can do at all, measured in the same run.
type benchLimits struct {
	// Sync is writing 4 KiB to a file of the scratch directory and syncing it, one after the other, before the run and after it.
	Sync      quantiles `json:"sync"`
	SyncAfter quantiles `json:"syncAfter"`
	// CommitsPerSecond is how many transactions with one small row the same database takes, one after the other.
	CommitsPerSecond float64 `json:"commitsPerSecond"`
	// ExchangesPerSecond is how many HTTP exchanges on loopback bring a document of the run's size, by as many at once as file; ExchangeCPUSeconds is what 100 of them cost.
	ExchangesPerSecond float64 `json:"exchangesPerSecond"`
	ExchangeCPUSeconds float64 `json:"cpuSecondsPer100Exchanges"`
}

func syncLimit(ctx context.Context, dir string) (_ quantiles, err error) {
	file, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return quantiles{}, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	page := make([]byte, 4096)
	var times []time.Duration
	for began := time.Now(); time.Since(began) < limitFor && ctx.Err() == nil; {
		at := time.Now()
		if _, err := file.Write(page); err != nil {
			return quantiles{}, err
		}
		if err := file.Sync(); err != nil {
			return quantiles{}, err
		}
		times = append(times, time.Since(at))
	}
	return quantilesOf(times), ctx.Err()
}

// commitLimit writes a row of work that nobody does, and takes it away again.
func commitLimit(ctx context.Context, db *store.DB) (float64, error) {
	const kind, key = work.Kind("bench.commit"), "commit"
	ids := id.NewSource(clock.System{})
	commit := func(intent work.Intent) error {
		return db.Tx(ctx, func(tx *store.Tx) error { return tx.Intend(intent) })
	}
	count, began := 0, time.Now()
	for ; time.Since(began) < limitFor; count++ {
		due := work.Due{ID: id.New[id.Work](ids), Kind: kind, At: began.Add(24*time.Hour + time.Duration(count)*time.Second), Key: key}
		if err := commit(work.Intent{}.Without(kind, key).Add(due)); err != nil {
			return 0, err
		}
	}
	rate := perSecond(count, time.Since(began))
	return rate, commit(work.Intent{}.Without(kind, key))
}

func exchangeLimit(ctx context.Context, atOnce int, document []byte) (rate, cpu float64, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, 0, err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write(document)
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		err = errors.Join(err, server.Close())
		if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, ended)
		}
	}()
	transport := &http.Transport{MaxIdleConnsPerHost: atOnce}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	address := "http://" + listener.Addr().String()

	var count atomic.Int64
	used, err := cpuSeconds()
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	err = everyone(atOnce, func(int) error {
		for time.Since(began) < limitFor {
			if err := exchangeOnce(ctx, client, address, document); err != nil {
				return err
			}
			count.Add(1)
		}
		return nil
	})
	took := time.Since(began)
	usedThen, second := cpuSeconds()
	if err = errors.Join(err, second); err != nil {
		return 0, 0, fmt.Errorf("the limit of exchanges: %w", err)
	}
	return perSecond(int(count.Load()), took), ratio(100*(usedThen-used), float64(count.Load())), nil
}

func exchangeOnce(ctx context.Context, client *http.Client, address string, document []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(document))
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return errors.Join(err, answer.Body.Close())
}
