// Package host_test drives the ledger module (ledger/, Go without any library) on the orrery program: calls by HTTP, live
// rows by a WebSocket that speaks v1.json. Run by tests/host/go/run, which sets ORRERY_PROGRAM and ORRERY_LEDGER.
package host_test

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

type server struct {
	t       *testing.T
	process *exec.Cmd
	address string
	token   string
}

func start(t *testing.T, data string) *server {
	t.Helper()
	process := exec.Command(os.Getenv("ORRERY_PROGRAM"), "start", "--listen-addr", "127.0.0.1:0", "--data-dir", data)
	process.Stderr = os.Stderr
	output, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if _, address, found := strings.Cut(lines.Text(), "listening on "); found {
			go io.Copy(io.Discard, output)
			return &server{t, process, strings.TrimSpace(address), ""}
		}
	}
	t.Fatal("the server ended before it listened")
	return nil
}

func (s *server) stop() {
	s.process.Process.Signal(syscall.SIGTERM)
	if err := s.process.Wait(); err != nil {
		s.t.Errorf("the server ends with %v", err)
	}
}

func (s *server) request(method, path, body string) (int, string) {
	s.t.Helper()
	request, err := http.NewRequest(method, "http://"+s.address+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	if s.token == "" {
		s.token = answer.Header.Get("spacetime-identity-token")
	}
	return answer.StatusCode, string(text)
}

func (s *server) publish() {
	s.t.Helper()
	module, err := os.ReadFile(os.Getenv("ORRERY_LEDGER"))
	if err != nil {
		s.t.Fatal(err)
	}
	if status, text := s.request("PUT", "/v1/database/ledger", string(module)); status != 200 {
		s.t.Fatalf("publishing: %d %s", status, text)
	}
}

// call wants the status and, of an answer that is no success, the text.
func (s *server) call(reducer, arguments string, status int, text string) {
	s.t.Helper()
	got, body := s.request("POST", "/v1/database/ledger/call/"+reducer, arguments)
	if got != status || (text != "" && !strings.Contains(body, text)) {
		s.t.Errorf("%s%s answers %d %q, not %d %q", reducer, arguments, got, body, status, text)
	}
}

func (s *server) logs() string {
	_, text := s.request("GET", "/v1/database/ledger/logs?num_lines=200", "")
	return text
}

func (s *server) wantLog(parts ...string) {
	s.t.Helper()
	for _, line := range strings.Split(s.logs(), "\n") {
		all := true
		for _, part := range parts {
			all = all && strings.Contains(line, part)
		}
		if all {
			return
		}
	}
	s.t.Errorf("no line of the log has %q:\n%s", parts, s.logs())
}

// socket is the little of WebSocket that a test needs: text both ways, messages in pieces.
type socket struct {
	t      *testing.T
	wire   net.Conn
	reader *bufio.Reader
}

func (s *server) subscribe(query string) *socket {
	s.t.Helper()
	wire, err := net.Dial("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	wire.SetDeadline(time.Now().Add(20 * time.Second))
	var key [16]byte
	rand.Read(key[:])
	fmt.Fprintf(wire, "GET /v1/database/ledger/subscribe?compression=None HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"+
		"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"+
		"Sec-WebSocket-Protocol: v1.json.spacetimedb\r\n\r\n", s.address, base64.StdEncoding.EncodeToString(key[:]))
	reader := bufio.NewReader(wire)
	answer, err := http.ReadResponse(reader, nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		s.t.Fatalf("the upgrade: %v %v", answer, err)
	}
	out := &socket{s.t, wire, reader}
	text, _ := json.Marshal(map[string]any{"Subscribe": map[string]any{"query_strings": []string{query}, "request_id": 1}})
	out.send(string(text))
	return out
}

func (c *socket) send(text string) {
	frame := []byte{0x81}
	if len(text) < 126 {
		frame = append(frame, 0x80|byte(len(text)))
	} else {
		frame = append(frame, 0x80|126)
		frame = binary.BigEndian.AppendUint16(frame, uint16(len(text)))
	}
	// A mask of zeros is one as well.
	frame = append(append(frame, 0, 0, 0, 0), text...)
	if _, err := c.wire.Write(frame); err != nil {
		c.t.Fatal(err)
	}
}

func (c *socket) message() string {
	c.t.Helper()
	var whole []byte
	for {
		var head [2]byte
		if _, err := io.ReadFull(c.reader, head[:]); err != nil {
			c.t.Fatalf("the socket: %v", err)
		}
		size := uint64(head[1] & 0x7f)
		if size >= 126 {
			wide := make([]byte, map[uint64]int{126: 2, 127: 8}[size])
			io.ReadFull(c.reader, wide)
			size = 0
			for _, b := range wide {
				size = size<<8 | uint64(b)
			}
		}
		piece := make([]byte, size)
		if _, err := io.ReadFull(c.reader, piece); err != nil {
			c.t.Fatalf("the socket: %v", err)
		}
		switch head[0] & 0x0f {
		case 0, 1:
			whole = append(whole, piece...)
		case 8:
			c.t.Fatalf("the server closes: %q", piece)
		default: // pings need no answer within a test
			continue
		}
		if head[0]&0x80 != 0 {
			return string(whole)
		}
	}
}

// until reads messages up to one of this kind that has all parts.
func (c *socket) until(kind string, parts ...string) string {
	c.t.Helper()
	for {
		text := c.message()
		all := strings.HasPrefix(text, `{"`+kind+`"`)
		for _, part := range parts {
			all = all && strings.Contains(text, part)
		}
		if all {
			return text
		}
	}
}

func TestLedger(t *testing.T) {
	data := t.TempDir()
	s := start(t, data)
	s.request("POST", "/v1/identity", "")
	var made struct{ Token string }
	_, body := s.request("POST", "/v1/identity", "")
	if err := json.Unmarshal([]byte(body), &made); err != nil {
		t.Fatal(err)
	}
	s.token = made.Token
	s.publish()
	s.wantLog(`"Info"`, "the ledger is open")

	// Reducers, unique constraints, generated keys.
	s.call("open", `["ann", 100]`, 200, "")
	s.call("open", `["bob", 0]`, 200, "")
	s.call("open", `["ann", 5]`, 530, `"ann" has an account`)
	s.wantLog("account 1 is", "ann")
	s.wantLog("account 2 is", "bob")

	// A client sees what others change, and only what was kept.
	live := s.subscribe("SELECT * FROM account")
	first := live.until("InitialSubscription")
	if !strings.Contains(first, "ann") || !strings.Contains(first, "bob") {
		t.Errorf("the first rows: %s", first)
	}
	s.call("transfer", `["ann", "bob", 500]`, 530, "ann has 100, not 500")
	s.call("transfer", `["ann", "eve", 1]`, 530, `there is no account "eve"`)
	s.call("transfer", `["ann", "bob", 30]`, 200, "")
	change := live.until("TransactionUpdate", "Committed", "ann", "bob")
	for _, part := range []string{"70", "30", "100"} {
		if !strings.Contains(change, part) {
			t.Errorf("the change has no %s: %s", part, change)
		}
	}

	// Iterators, ranges, counts; more rows than a buffer holds.
	for i := range 300 {
		s.call("open", fmt.Sprintf(`["x%03d", 1]`, i), 200, "")
	}
	s.call("audit", `[]`, 200, "")
	s.wantLog("302 accounts, 400 in all: ann bob x000 x001 x002", "x298 x299")
	s.call("close", `["x000"]`, 200, "")
	s.call("close", `["x000"]`, 530, "nothing to close")
	live.until("TransactionUpdate", "x000")

	// What WASI gives, and what it does not.
	s.call("outside", `[]`, 200, "")
	s.wantLog("to the standard output")
	s.wantLog("to the standard error")

	// A panic ends the instance, not the database; wrong arguments do not reach the module.
	s.call("crash", `[]`, 530, "fatal error")
	s.wantLog("the bank is broken")
	s.call("open", `["cid", 7]`, 200, "")
	s.call("open", `["dan"]`, 400, "")
	s.call("open", `["dan", "much"]`, 400, "")
	s.call("found", `[]`, 400, "")
	s.call("nowhere", `[]`, 404, "")

	// Everything is there after a restart, and the next key is a new one.
	token := s.token
	s.stop()
	s = start(t, data)
	s.token = token
	s.call("open", `["eve", 0]`, 200, "")
	status, rows := s.request("POST", "/v1/database/ledger/sql", "SELECT name, id FROM account WHERE balance <> 1")
	if status != 200 || !strings.Contains(rows, "cid") || !strings.Contains(rows, "eve") {
		t.Errorf("after the restart: %d %s", status, rows)
	}
	s.stop()
}
