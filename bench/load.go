package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// requestTimeout ends the benchmark when a server does not answer a request.
const requestTimeout = 5 * time.Minute

// client sends requests over one keep-alive connection, one after the other. It shares the cores with the server under
// test, so it sends prepared bytes and does not decode the response.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dial(address string) (*client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, reader: bufio.NewReaderSize(conn, 16<<10)}, nil
}

// do sends a request and copies the body of the response to out. It returns an error unless the status is 2xx.
func (c *client) do(request []byte, out io.Writer) error {
	if err := c.conn.SetDeadline(time.Now().Add(requestTimeout)); err != nil {
		return err
	}
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusMultipleChoices {
		body, _ := io.ReadAll(response.Body) // the status is the error to report
		return fmt.Errorf("status %d: %s", response.StatusCode, body)
	}
	_, err = io.Copy(out, response.Body)
	return err
}

// post returns the bytes of a POST request with a JSON body.
func post(path, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, len(body), body)
}

// get returns the bytes of a GET request.
func get(path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
}

// load is what [load.run] sends to a server.
type load struct {
	address string
	clients int
	// next returns the next request. Clients call it concurrently. They stop when it returns nil.
	next func() []byte
	// warmUp is how long clients send before responses are measured for the time measure.
	warmUp, measure time.Duration
}

// loadResult is what one run of a load measured.
type loadResult struct {
	perSecond float64
	p50, p99  time.Duration
	// answered counts all responses, those of the warm-up included.
	answered int
}

// run sends the load with each client waiting for its response before it sends again. It returns the first error.
func (l load) run() (loadResult, error) {
	clients := make([]*client, l.clients)
	for i := range clients {
		var err error
		if clients[i], err = dial(l.address); err != nil {
			return loadResult{}, err
		}
		defer clients[i].conn.Close()
	}
	begin := time.Now().Add(l.warmUp)
	end := begin.Add(l.measure)
	latencies, answered := make([][]time.Duration, l.clients), make([]int, l.clients)
	var group errgroup.Group
	for i, c := range clients {
		group.Go(func() error {
			for sent := time.Now(); sent.Before(end); {
				request := l.next()
				if request == nil {
					return nil
				}
				if err := c.do(request, io.Discard); err != nil {
					return err
				}
				now := time.Now()
				answered[i]++
				if now.After(begin) && now.Before(end) {
					latencies[i] = append(latencies[i], now.Sub(sent))
				}
				sent = now
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return loadResult{}, err
	}
	var result loadResult
	for _, n := range answered {
		result.answered += n
	}
	if all := slices.Sorted(slices.Values(slices.Concat(latencies...))); len(all) > 0 {
		result.perSecond = float64(len(all)) / l.measure.Seconds()
		result.p50, result.p99 = all[len(all)/2], all[len(all)*99/100]
	}
	return result, nil
}

// call sends one request over a new connection and returns the response's body and how long the request took.
func call(address string, request []byte) ([]byte, time.Duration, error) {
	c, err := dial(address)
	if err != nil {
		return nil, 0, err
	}
	defer c.conn.Close()
	var body bytes.Buffer
	begin := time.Now()
	err = c.do(request, &body)
	return body.Bytes(), time.Since(begin), err
}
