package remind

import (
	"bufio"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// exim is Debian's own mail server (package exim4-daemon-light) as it comes,
// with a configuration, a spool and a mailbox of its own, without privileges, on
// a port of its own. It takes mail to example.org from anybody, as the server of
// that domain does, and to elsewhere from who signed in, as a provider does.
//
// By the name before the @ it behaves: gone@ is refused for good (550), full@
// for now (451) until the test says otherwise, grey@ the first time only.
type exim struct {
	t    testing.TB
	dir  string
	addr string
	pool *x509.CertPool
}

const eximConfig = `exim_user = {{uid}}
exim_group = {{gid}}
primary_hostname = mx.example.org
spool_directory = {{dir}}/spool
log_file_path = {{dir}}/log-%s
pid_file_path = {{dir}}/pid
keep_environment =
add_environment = PATH=/usr/bin:/bin
deliver_drop_privilege = true
message_size_limit = 64K
smtp_accept_max = 50
rfc1413_query_timeout = 0s
host_lookup =
tls_advertise_hosts = *
tls_certificate = {{dir}}/cert.pem
tls_privatekey = {{dir}}/key.pem
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  deny    local_parts = gone
          message     = 5.1.1 no such mailbox
  defer   local_parts = full
          condition   = ${if exists{{{dir}}/full}}
          message     = 4.2.2 mailbox full
  defer   local_parts = grey
          condition   = ${if !exists{{{dir}}/seen}}
          set acl_m_x = ${run{/bin/touch {{dir}}/seen}}
          message     = 4.7.1 greylisted
  accept  domains       = example.org
  accept  authenticated = *
  deny    message     = 5.7.1 relay not permitted
begin routers
mailbox:
  driver = accept
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = {{dir}}/mail
  create_directory
  maildir_format
  envelope_to_add
  user = {{uid}}
  group = {{gid}}
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_advertise_condition = ${if def:tls_in_cipher}
  server_condition = ${if and{{eq{$auth2}{maple}}{eq{$auth3}{secret}}}}
  server_set_id = $auth2
`

func newExim(t testing.TB) *exim {
	t.Helper()
	path, err := exec.LookPath(cmp.Or(os.Getenv("WHOLECHART_EXIM"), "/usr/sbin/exim4"))
	if err != nil {
		t.Skip("SKIPPED, NOT SHOWN: reminders against a real mail server. Debian's exim is not here (apt-get install exim4-daemon-light)")
	}
	uid, gid := os.Getuid(), os.Getgid()
	dir, err := os.MkdirTemp("", "exim")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if uid == 0 { // nobody: it has no privilege to lose
		uid, gid = 65534, 65534
	}
	x := &exim{t: t, dir: dir, pool: x509.NewCertPool()}
	x.certify()
	config := strings.NewReplacer("{{dir}}", dir, "{{uid}}", fmt.Sprint(uid), "{{gid}}", fmt.Sprint(gid)).Replace(eximConfig)
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "spool"), 0o750); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		for _, name := range []string{"", "spool", "key.pem"} {
			if err := os.Chown(filepath.Join(dir, name), uid, gid); err != nil {
				t.Fatal(err)
			}
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // a free port
	if err != nil {
		t.Fatal(err)
	}
	x.addr = l.Addr().String()
	l.Close()
	host, port, _ := net.SplitHostPort(x.addr)
	cmd := exec.Command(path, "-C", filepath.Join(dir, "conf"), "-bdf", "-q1s", "-oX", "<; ["+host+"]:"+port)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // its children deliver in its process group
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "log-main"))
			rejected, _ := os.ReadFile(filepath.Join(dir, "log-panic"))
			t.Logf("exim: %s\n%s\n%s", said.String(), log, rejected)
		}
	})
	for range 600 {
		if c, err := net.Dial("tcp", x.addr); err == nil {
			c.Close()
			return x
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("exim does not listen: %s", said.String())
	return nil
}

func (x *exim) certify() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		x.t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		x.t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		x.t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	x.pool.AppendCertsFromPEM(cert)
	for name, b := range map[string][]byte{"cert.pem": cert, "key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})} {
		if err := os.WriteFile(filepath.Join(x.dir, name), b, 0o600); err != nil {
			x.t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(x.dir, "cert.pem"), 0o644); err != nil {
		x.t.Fatal(err)
	}
}

// smtp is how a site would use it: STARTTLS, and a password.
func (x *exim) smtp() *SMTP {
	return &SMTP{Addr: x.addr, TLS: "starttls", User: "maple", Password: "secret", From: "no-reply@maple.example", Config: &tls.Config{RootCAs: x.pool, MinVersion: tls.VersionTLS12}}
}

// delivered is a message in the mailbox.
type delivered struct {
	*mail.Message
	id, to, text string
}

// box waits until at least so many messages were delivered, and gives all.
func (x *exim) box(atLeast int) []delivered {
	x.t.Helper()
	var out []delivered
	for range 1200 {
		names, _ := filepath.Glob(filepath.Join(x.dir, "mail", "new", "*"))
		if len(names) < atLeast {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		for _, name := range names {
			f, err := os.Open(name)
			if err != nil {
				x.t.Fatal(err)
			}
			m, err := mail.ReadMessage(bufio.NewReader(f))
			if err != nil {
				x.t.Fatal(err)
			}
			text, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
			if err != nil {
				x.t.Errorf("%s: %v", name, err)
			}
			f.Close()
			out = append(out, delivered{m, m.Header.Get("Message-ID"), m.Header.Get("Envelope-To"), string(text)})
		}
		return out
	}
	x.t.Fatalf("after a minute fewer than %d messages are in the mailbox", atLeast)
	return nil
}

// idle waits until all that the server took is delivered.
func (x *exim) idle() {
	x.t.Helper()
	for range 1200 {
		if left, _ := filepath.Glob(filepath.Join(x.dir, "spool", "input", "*")); len(left) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	x.t.Error("exim does not deliver what it took")
}

// counted is how often each Message-ID is in the mailbox.
func counted(of []delivered) map[string]int {
	out := map[string]int{}
	for _, m := range of {
		out[m.id]++
	}
	return out
}

// between is a line to a mail server that can be cut at a moment: took is called
// when the server has said that it took a message, before the client hears it.
// While it is false the client never does.
type between struct {
	net.Listener
	mu   sync.Mutex
	took func() (pass bool)
}

func newBetween(t testing.TB, server string) *between {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	b := &between{Listener: l}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go b.carry(c, server)
		}
	}()
	return b
}

func (b *between) on(took func() bool) {
	b.mu.Lock()
	b.took = took
	b.mu.Unlock()
}

func (b *between) carry(c net.Conn, server string) {
	defer c.Close()
	s, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer s.Close()
	go func() {
		_, _ = io.Copy(s, c)
		s.Close()
	}()
	lines := bufio.NewReader(s)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if strings.HasPrefix(line, "250 OK id=") { // exim's answer to a whole message
			b.mu.Lock()
			took := b.took
			b.mu.Unlock()
			if took != nil && !took() {
				return
			}
		}
		if _, err := io.WriteString(c, line); err != nil {
			return
		}
	}
}
