package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what Run measured.
type Report struct {
	Began   time.Time      `json:"began"`
	Took    float64        `json:"seconds"`
	Clients int            `json:"clients"`
	Servers []ServerReport `json:"servers"`
	Rows    []Row          `json:"operations"`
}

// ServerReport is one server: what it occupies, where that could be seen. Sizes are bytes.
type ServerReport struct {
	Base   string `json:"base"`
	RSS    int64  `json:"rss,omitempty"`     // VmRSS after the run
	Peak   int64  `json:"rssPeak,omitempty"` // VmHWM
	Disk   int64  `json:"disk,omitempty"`    // blocks in use, holes left out
	Length int64  `json:"length,omitempty"`  // sum of the files' lengths
	Note   string `json:"note,omitempty"`
}

// Row is one operation, with a result for each server in the order of Report.Servers.
type Row struct {
	Operation string   `json:"operation"`
	Unit      string   `json:"unit"` // what Rate counts in a second
	Results   []Result `json:"results"`
	Ratio     *Ratio   `json:"ratio,omitempty"`
}

// Result is one operation on one server. Times are milliseconds, of right answers only.
type Result struct {
	Rate     float64        `json:"rate"`
	P50      float64        `json:"p50"`
	P99      float64        `json:"p99"`
	Max      float64        `json:"max"`
	Requests int            `json:"requests"`
	Units    int            `json:"units"`
	Errors   int            `json:"errors"`
	Causes   map[string]int `json:"causes,omitempty"`
	Seconds  float64        `json:"seconds"`
	Skipped  string         `json:"skipped,omitempty"`
}

// Ratio is the first server by the second: rate above 1 and times below 1 say that the first is faster.
type Ratio struct {
	Rate float64 `json:"rate"`
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
}

func (r *Row) compare() {
	if len(r.Results) < 2 {
		return
	}
	a, b := r.Results[0], r.Results[1]
	if a.Requests == 0 || b.Requests == 0 || b.Rate == 0 || b.P50 == 0 || b.P99 == 0 {
		return
	}
	r.Ratio = &Ratio{Rate: a.Rate / b.Rate, P50: a.P50 / b.P50, P99: a.P99 / b.P99}
}

// Errors is the number of wrong answers in the whole report.
func (r Report) Errors() int {
	n := 0
	for _, row := range r.Rows {
		for _, res := range row.Results {
			n += res.Errors
		}
	}
	return n
}

// WriteJSON writes the report as one indented JSON object.
func (r Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// WriteTable writes the report for people: a line for each operation and server, then causes of errors and sizes.
func (r Report) WriteTable(w io.Writer) error {
	for i, s := range r.Servers {
		fmt.Fprintf(w, "%s  %s\n", letter(i), s.Base)
	}
	fmt.Fprintf(w, "%d clients, %s, %.0f s\n\n", r.Clients, r.Began.Format(time.RFC3339), r.Took)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "operation\t\trate/s\tunit\tp50 ms\tp99 ms\tmax ms\trequests\terrors\t")
	for _, row := range r.Rows {
		for i, res := range row.Results {
			if res.Skipped != "" {
				fmt.Fprintf(t, "%s\t%s\t-\t%s\t-\t-\t-\t-\t-\t\n", row.Operation, letter(i), row.Unit)
				continue
			}
			fmt.Fprintf(t, "%s\t%s\t%.1f\t%s\t%.2f\t%.2f\t%.2f\t%d\t%d\t\n",
				row.Operation, letter(i), res.Rate, row.Unit, res.P50, res.P99, res.Max, res.Requests, res.Errors)
		}
		if q := row.Ratio; q != nil {
			fmt.Fprintf(t, "\tA/B\t×%.2f\t\t×%.2f\t×%.2f\t\t\t\t\n", q.Rate, q.P50, q.P99)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, row := range r.Rows {
		for i, res := range row.Results {
			if res.Skipped != "" {
				fmt.Fprintf(w, "%s %s not run: %s\n", row.Operation, letter(i), res.Skipped)
			}
			for _, cause := range sortedKeys(res.Causes) {
				fmt.Fprintf(w, "%s %s error ×%d: %s\n", row.Operation, letter(i), res.Causes[cause], cause)
			}
		}
	}
	for i, s := range r.Servers {
		if s.RSS > 0 {
			fmt.Fprintf(w, "%s memory: %.1f MB resident, %.1f MB at its peak\n", letter(i), megabytes(s.RSS), megabytes(s.Peak))
		}
		if s.Disk > 0 {
			fmt.Fprintf(w, "%s disk: %.1f MB (%.1f MB long)\n", letter(i), megabytes(s.Disk), megabytes(s.Length))
		}
		if s.Note != "" {
			fmt.Fprintf(w, "%s note: %s\n", letter(i), s.Note)
		}
	}
	return nil
}

func letter(i int) string { return string(rune('A' + i)) }

func megabytes(n int64) float64 { return float64(n) / 1e6 }

// footprint notes memory and disk; what cannot be read is said in the note and does not end a run.
func (s *ServerReport) footprint(pid int, dir string) {
	var trouble []string
	if pid > 0 {
		status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
		if err == nil {
			s.RSS, s.Peak = memory(string(status))
		}
		if s.RSS == 0 {
			trouble = append(trouble, fmt.Sprintf("memory of process %d cannot be read", pid))
		}
	}
	if dir != "" {
		var err error
		if s.Disk, s.Length, err = diskUse(dir); err != nil {
			trouble = append(trouble, "data directory cannot be read in full")
		}
	}
	if s.Note != "" {
		trouble = append([]string{s.Note}, trouble...)
	}
	s.Note = strings.Join(trouble, "; ")
}

// memory reads VmRSS and VmHWM of /proc/PID/status, in bytes.
func memory(status string) (rss, peak int64) {
	for line := range strings.Lines(status) {
		field := strings.Fields(line)
		if len(field) != 3 || field[2] != "kB" {
			continue
		}
		n, _ := strconv.ParseInt(field[1], 10, 64)
		switch field[0] {
		case "VmRSS:":
			rss = n << 10
		case "VmHWM:":
			peak = n << 10
		}
	}
	return rss, peak
}

// diskUse sums the blocks and the lengths of the files below dir. A file that vanishes meanwhile is left out.
func diskUse(dir string) (blocks, length int64, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) && path != dir {
				return nil
			}
			return err
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() {
			return nil
		}
		length += info.Size()
		blocks += inUse(info)
		return nil
	})
	return blocks, length, err
}
