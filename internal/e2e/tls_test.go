package e2e

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/routecardtest"
)

// trusting returns a client that trusts the certificate in a file and no other.
func trusting(t *testing.T, certFile string) *http.Client {
	t.Helper()
	content, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		t.Fatalf("%s has no certificate", certFile)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

var loggedFingerprint = regexp.MustCompile(`"msg":"self-signed certificate","sha256":"([0-9A-F:]{95})"`)

// TestSelfSigned checks that a server makes a certificate once, and that a client that trusts the certificate can create a job
// and follow the events.
func TestSelfSigned(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLitePath(t)
	p := startServer(t, "--database", database, "--tls-self-signed")
	if !strings.HasPrefix(p.url, "https://127.0.0.1:") {
		t.Fatalf("the server serves at %s", p.url)
	}
	certFile := filepath.Join(filepath.Dir(database), "routecard.cert.pem")
	client := trusting(t, certFile)
	created, err := client.Post(p.url+"/api/jobs", "application/json", strings.NewReader(exampleJob))
	if err != nil {
		t.Fatal(err)
	}
	defer created.Body.Close()
	wantEqual(t, "the status", created.StatusCode, http.StatusCreated)
	wantEqual(t, "the protocol", created.Proto, "HTTP/2.0")
	logged := loggedFingerprint.FindStringSubmatch(p.stderr.String())
	if logged == nil {
		t.Fatalf("the log has no fingerprint:\n%s", p.stderr)
	}
	sum := sha256.Sum256(created.TLS.PeerCertificates[0].Raw)
	wantEqual(t, "the fingerprint", logged[1], strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":"))

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/api/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/event-stream")
	stream, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	found := false
	for lines := bufio.NewScanner(stream.Body); !found && lines.Scan(); {
		found = lines.Text() == "event: job.created"
	}
	wantEqual(t, "whether the stream has the job", found, true)

	if runtime.GOOS != "windows" {
		info, err := os.Stat(filepath.Join(filepath.Dir(database), "routecard.key.pem"))
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "the mode of the key", info.Mode().Perm(), 0o600)
	}
	p.kill()
	again := startServer(t, "--database", database, "--tls-self-signed")
	wantEqual(t, "the fingerprint after a restart", loggedFingerprint.FindStringSubmatch(again.stderr.String())[1], logged[1])
}

// writeCertificate writes a new certificate for 127.0.0.1 with the given serial number, and its key.
func writeCertificate(t *testing.T, certFile, keyFile string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{keyFile: {Type: "PRIVATE KEY", Bytes: encoded}, certFile: {Type: "CERTIFICATE", Bytes: cert}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// servedSerial returns the serial number of the certificate that a new connection gets.
func servedSerial(t *testing.T, p *process) int64 {
	t.Helper()
	connection, err := tls.Dial("tcp", strings.TrimPrefix(p.url, "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	return connection.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// TestCertificateReload replaces the certificate of a running server, first with a broken one and then with a good one.
func TestCertificateReload(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, certFile, keyFile, 1)
	p := startServer(t, "--tls-cert", certFile, "--tls-key", keyFile)
	wantEqual(t, "the serial number", servedSerial(t, p), 1)
	if err := os.WriteFile(keyFile, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	await(t, "the server to notice the broken key", func() bool {
		wantEqual(t, "the serial number with a broken key", servedSerial(t, p), 1)
		return strings.Contains(p.stderr.String(), "still using the earlier certificate")
	})
	writeCertificate(t, certFile, keyFile, 2)
	await(t, "the server to use the new certificate", func() bool { return servedSerial(t, p) == 2 })
}

// TestTLSRefuses checks the settings that cannot work.
func TestTLSRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "missing.pem")
	writeCertificate(t, certFile, filepath.Join(dir, "key.pem"), 1)
	for _, test := range []struct {
		args    []string
		message string
	}{
		{[]string{"--tls-cert", certFile}, "--tls-cert and --tls-key must be given together"},
		{
			[]string{"--tls-self-signed", "--tls-cert", certFile},
			"--tls-self-signed makes a certificate, so it cannot be given together with --tls-cert and --tls-key",
		},
		{
			[]string{"--tls-cert", certFile, "--tls-key", keyFile},
			"cannot use the certificate " + certFile + " with the key " + keyFile + ": open " + keyFile + ": no such file or directory",
		},
	} {
		wantFailureAfterLog(t, runCommand(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, test.args...)...), test.message)
	}
}
