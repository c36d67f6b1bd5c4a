// Package load sends HTTP requests as fast as a server answers them, and takes the time of each. It shares the machine with
// what it measures, so it does as little as it can: one goroutine and one connection for each client, requests that are
// bytes already, and answers that are counted and not decoded.
package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"time"
)

// patience bounds one request, so that a server that hangs ends the benchmark and not the reverse.
const patience = 2 * time.Minute

// Connection is one client: a kept-alive connection on which requests go one after the other.
type Connection struct {
	conn   net.Conn
	reader *bufio.Reader
}

// Dial connects to HOST:PORT.
func Dial(address string) (*Connection, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &Connection{conn: conn, reader: bufio.NewReaderSize(conn, 16<<10)}, nil
}

// Close ends the connection.
func (c *Connection) Close() error { return c.conn.Close() }

// Do sends a request that [Request] made and returns the status; the body goes to out. The connection goes on.
func (c *Connection) Do(request []byte, out io.Writer) (status int, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, fmt.Errorf("not an answer: %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length, chunked, err := c.headers()
	if err != nil {
		return status, err
	}
	if !chunked {
		_, err = io.CopyN(out, c.reader, length)
		return status, err
	}
	if _, err = io.Copy(out, httputil.NewChunkedReader(c.reader)); err != nil {
		return status, err
	}
	// The empty line after the last chunk.
	_, err = c.reader.ReadSlice('\n')
	return status, err
}

// headers reads up to the body, and says how long that is.
func (c *Connection) headers() (length int64, chunked bool, err error) {
	length = -1
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return 0, false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return 0, false, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
	if length < 0 && !chunked {
		return 0, false, errors.New("the answer has neither a length nor chunks")
	}
	return length, chunked, nil
}

// Request makes the bytes of a request; a body of "" is none.
func Request(method, path, body string) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s %s HTTP/1.1\r\nHost: localhost\r\n", method, path)
	if body != "" {
		fmt.Fprintf(&out, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	out.WriteString("\r\n")
	out.WriteString(body)
	return out.Bytes()
}
