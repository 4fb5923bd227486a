package remind

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
)

// mailSink is a mail server that keeps what it takes. It speaks RFC 5321 as far
// as a client that submits needs it.
type mailSink struct {
	net.Listener
	mu    sync.Mutex
	taken []*mail.Message // in order, repeated ones too
	texts []string
	// trouble, when not nil, decides of each message: answer is what the sink
	// says to the whole of it ("250 2.0.0 ok"), empty to hang up without a word;
	// keep says whether it took the message all the same.
	trouble func(id string) (answer string, keep bool)
	rcpt    func(address string) string // what it says to RCPT; nil: 250
}

func newMailSink(t testing.TB) *mailSink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mailSink{Listener: l}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	t.Cleanup(func() { l.Close() })
	return s
}

func (s *mailSink) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	say := func(line string) { fmt.Fprintf(c, "%s\r\n", line) }
	say("220 sink.example ESMTP")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			fmt.Fprint(c, "250-sink.example\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n")
		case "MAIL", "RSET", "NOOP":
			say("250 2.0.0 ok")
		case "RCPT":
			answer := "250 2.1.5 ok"
			if s.rcpt != nil {
				answer = s.rcpt(rest)
			}
			say(answer)
		case "DATA":
			say("354 go on")
			var body strings.Builder
			for {
				l, err := r.ReadString('\n')
				if err != nil {
					return // the client died in the middle: nothing was taken
				}
				if l == ".\r\n" {
					break
				}
				body.WriteString(strings.TrimPrefix(l, "."))
			}
			answer, keep := "250 2.0.0 taken", true
			m, err := mail.ReadMessage(strings.NewReader(body.String()))
			if err != nil {
				say("550 5.6.0 no message")
				continue
			}
			if s.trouble != nil {
				answer, keep = s.trouble(m.Header.Get("Message-ID"))
			}
			if keep {
				s.keep(m)
			}
			if answer == "" {
				return
			}
			say(answer)
		case "QUIT":
			say("221 2.0.0 bye")
			return
		default:
			say("502 5.5.1 not here")
		}
	}
}

func (s *mailSink) keep(m *mail.Message) {
	text := ""
	if raw, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body)); err == nil {
		text = string(raw)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken, s.texts = append(s.taken, m), append(s.texts, text)
}

// counted is how often each Message-ID was taken.
func (s *mailSink) counted() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for _, m := range s.taken {
		out[m.Header.Get("Message-ID")]++
	}
	return out
}

func (s *mailSink) subjects() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, m := range s.taken {
		subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		out = append(out, subject)
	}
	return out
}

func (s *mailSink) smtp() *SMTP {
	return &SMTP{Addr: s.Addr().String(), TLS: "none", From: "no-reply@maple.example"}
}

// textSink is a gateway that honours idempotency keys.
type textSink struct {
	*httptest.Server
	mu      sync.Mutex
	texts   map[string]string                        // by key
	posts   map[string]int                           // requests that were taken or repeated, by key
	trouble func(key string) (status int, keep bool) // 0: hang up
}

func newTextSink(t testing.TB) *textSink {
	t.Helper()
	s := &textSink{texts: map[string]string{}, posts: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *textSink) serve(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer secret" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodGet {
		if _, ok := s.texts[r.URL.Query().Get("key")]; !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		return
	}
	var body struct{ To, Body string }
	if json.NewDecoder(r.Body).Decode(&body) != nil || body.To == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	status, keep := http.StatusCreated, true
	if s.trouble != nil {
		status, keep = s.trouble(key)
	}
	if keep {
		s.posts[key]++
		if _, again := s.texts[key]; again {
			status = http.StatusConflict
		}
		s.texts[key] = body.Body
	}
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"id":"g-%d"}`, len(s.texts))
}

func (s *textSink) gateway(asked bool) *Gateway {
	g := &Gateway{Keeps: !asked, URL: s.URL + "/send", Body: `{"to":"{to}","body":"{text}"}`, Header: map[string]string{"Authorization": "Bearer secret"}, IDField: "id"}
	if asked {
		g.StatusURL = s.URL + "/sent?key={key}"
	}
	return g
}

func (s *textSink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.texts)
}
