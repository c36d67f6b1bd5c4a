package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/routecard/routecard/store"
)

const (
	// selfSignedTime is the validity of a self-signed certificate. Apple's systems refuse a certificate that is valid for longer.
	selfSignedTime = 825 * 24 * time.Hour
	// selfSignedRenewal is how long before its expiry a self-signed certificate is replaced when the server starts.
	selfSignedRenewal = 30 * 24 * time.Hour
	// certificateInterval is the shortest time between two checks of the files of a certificate.
	certificateInterval = time.Second
)

// tlsFlags are the settings of HTTPS, which is off without them.
type tlsFlags struct {
	Cert       string `name:"tls-cert" env:"ROUTECARD_TLS_CERT" placeholder:"FILE" help:"Certificate for HTTPS (PEM, with the chain). The server reads it again when it changes."`
	Key        string `name:"tls-key" env:"ROUTECARD_TLS_KEY" placeholder:"FILE" help:"Private key of the certificate (PEM)."`
	SelfSigned bool   `name:"tls-self-signed" env:"ROUTECARD_TLS_SELF_SIGNED" help:"Serve HTTPS with a certificate that Routecard creates next to the database."`
}

// config returns the settings of TLS, or nil for HTTP.
func (f tlsFlags) config(database, addr string, log *slog.Logger) (*tls.Config, error) {
	switch {
	case f.SelfSigned && (f.Cert != "" || f.Key != ""):
		return nil, errors.New("--tls-self-signed makes a certificate, so it cannot be given together with --tls-cert and --tls-key")
	case (f.Cert == "") != (f.Key == ""):
		return nil, errors.New("--tls-cert and --tls-key must be given together")
	case f.SelfSigned:
		f.Cert, f.Key = selfSignedFiles(database)
		if err := keepSelfSigned(f.Cert, f.Key, addr, log); err != nil {
			return nil, err
		}
	case f.Cert == "":
		return nil, nil
	}
	files := &certificateFiles{cert: f.Cert, key: f.Key, log: log}
	if err := files.load(); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: files.get}, nil
}

// certificateFiles is a certificate that is read again when one of its files changes.
type certificateFiles struct {
	cert, key string
	log       *slog.Logger

	mutex  sync.Mutex
	loaded *tls.Certificate
	// version identifies the content of the files when they were read last, successfully or not.
	version string
	looked  time.Time
}

// get returns the certificate for a connection. While the files cannot be read, the previous certificate stays in use.
func (f *certificateFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if time.Since(f.looked) < certificateInterval {
		return f.loaded, nil
	}
	before := f.version
	switch err := f.load(); {
	case f.version == before:
	case err != nil:
		f.log.Error("still using the earlier certificate", "error", err)
	default:
		f.log.Info("using a new certificate", "file", f.cert)
	}
	return f.loaded, nil
}

// load reads the files if they have changed.
func (f *certificateFiles) load() error {
	f.looked = time.Now()
	version := fileVersion(f.cert) + fileVersion(f.key)
	if version == f.version {
		return nil
	}
	f.version = version
	loaded, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("cannot use the certificate %s with the key %s: %w", f.cert, f.key, err)
	}
	f.loaded = &loaded
	return nil
}

// fileVersion returns a text that changes with the content of a file.
func fileVersion(name string) string {
	info, err := os.Stat(name)
	if err != nil {
		return "missing "
	}
	return fmt.Sprint(info.ModTime().UnixNano(), " ", info.Size(), " ")
}

// selfSignedFiles returns the names of the files that --tls-self-signed keeps: next to a SQLite database, and in the working
// directory for PostgreSQL.
func selfSignedFiles(database string) (cert, key string) {
	name := strings.TrimSuffix(database, ".db")
	if store.IsPostgres(database) {
		name = "routecard"
	}
	return name + ".cert.pem", name + ".key.pem"
}

// keepSelfSigned makes a certificate unless the files have one that does not expire within selfSignedRenewal. It logs the fingerprint.
func keepSelfSigned(certFile, keyFile, addr string, log *slog.Logger) error {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot use the self-signed certificate %s: %w; delete it and %s to have another one made", certFile, err, keyFile)
	}
	now := time.Now()
	if err != nil || pair.Leaf.NotAfter.Before(now.Add(selfSignedRenewal)) {
		if err := makeSelfSigned(certFile, keyFile, addr, now); err != nil {
			return fmt.Errorf("cannot make a self-signed certificate: %w", err)
		}
		if pair, err = tls.LoadX509KeyPair(certFile, keyFile); err != nil {
			return err
		}
		log.Info("made a self-signed certificate", "file", certFile, "names", strings.Join(pair.Leaf.DNSNames, " "))
	}
	log.Info("self-signed certificate", "sha256", fingerprintOf(pair.Leaf), "expires", pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	return nil
}

// fingerprintOf returns the SHA-256 of a certificate as browsers show it.
func fingerprintOf(certificate *x509.Certificate) string {
	return strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(certificate.Raw)), " ", ":")
}

// makeSelfSigned writes a new certificate and its key. The key is written first, so that a certificate always has a key.
func makeSelfSigned(certFile, keyFile, addr string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return err
	}
	names, addresses := ownNames(addr)
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "Routecard on " + names[0]},
		NotBefore:    now.Add(-time.Hour), NotAfter: now.Add(selfSignedTime),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		// Tablets accept it as a trusted certificate only if it can be an authority.
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		DNSNames: names, IPAddresses: addresses,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	encodedKey, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encodedKey}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o644)
}

// ownNames returns the names and addresses by which clients may reach a server that listens on addr. There is at least one name.
func ownNames(addr string) (names []string, addresses []net.IP) {
	names = []string{"localhost"}
	if host, err := os.Hostname(); err == nil && host != "localhost" {
		names = append([]string{host}, names...)
		if !strings.Contains(host, ".") {
			names = append(names, host+".local")
		}
	}
	if host, _, err := net.SplitHostPort(addr); err == nil && host != "" && host != "localhost" && net.ParseIP(host) == nil {
		names = append(names, host)
	}
	addresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	found, err := net.InterfaceAddrs()
	if err != nil {
		return names, addresses
	}
	for _, address := range found {
		if network, ok := address.(*net.IPNet); ok && network.IP.IsGlobalUnicast() {
			addresses = append(addresses, network.IP)
		}
	}
	return names, addresses
}
