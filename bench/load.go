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

// postRequest returns the bytes of a POST request with a JSON body.
func postRequest(path, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, len(body), body)
}

// getRequest returns the bytes of a GET request.
func getRequest(path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
}

// loadResult is what one run of a load measured. Latencies are in nanoseconds.
type loadResult struct{ perSecond, p50, p99 float64 }

// load has clients send s.next's requests, each client waiting for its response before it sends again, until the time is
// over or s.next returns nil. It measures the responses that come after the warm-up, counts all in s.responses, and returns
// the first error. Clients are spread over the servers of the side.
func (s *side) load(clients int, warmUp, measure time.Duration) (loadResult, error) {
	begin := time.Now().Add(warmUp)
	end := begin.Add(measure)
	latencies, responses := make([]samples, clients), make([]int, clients)
	var group errgroup.Group
	servers := s.processes()
	for i := range clients {
		group.Go(func() error {
			c, err := dial(servers[i%len(servers)].address)
			if err != nil {
				return err
			}
			defer func() { _ = c.conn.Close() }()
			for sent := time.Now(); sent.Before(end); {
				request := s.next()
				if request == nil {
					return nil
				}
				if err := c.do(request, io.Discard); err != nil {
					return err
				}
				responses[i]++
				now := time.Now()
				if now.After(begin) && now.Before(end) {
					latencies[i] = append(latencies[i], float64(now.Sub(sent)))
				}
				sent = now
			}
			return nil
		})
	}
	err := group.Wait()
	for _, n := range responses {
		s.responses += n
	}
	all := slices.Sorted(slices.Values(slices.Concat(latencies...)))
	if err != nil || len(all) == 0 {
		return loadResult{}, err
	}
	return loadResult{float64(len(all)) / measure.Seconds(), all[len(all)/2], all[len(all)*99/100]}, nil
}

// call sends one request over a new connection and returns the body of the response and how long the request took.
func (p *process) call(request []byte) ([]byte, float64, error) {
	c, err := dial(p.address)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = c.conn.Close() }()
	var body bytes.Buffer
	begin := time.Now()
	err = c.do(request, &body)
	return body.Bytes(), float64(time.Since(begin)), err
}
