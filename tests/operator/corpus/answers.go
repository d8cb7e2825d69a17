package corpus

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Most of an answer are relabeling rules, and most rules come again and again. So the first line of the file holds
// each rule once, and the jobs name them by their place in it, from 0.

// ruled are the fields of a job that hold rules.
var ruled = []string{"relabel_configs", "metric_relabel_configs"}

// table is the first line.
type table struct {
	Rules []any `json:"rules"`
}

// answers are the recorded lines by case, in file order.
func answers(path string) (map[string][]*answer, error) {
	known := map[string][]*answer{}
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return known, nil
	}
	if err != nil {
		return nil, err
	}
	var rules table
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<24)
	for first := true; lines.Scan(); first = false {
		if first {
			if err := json.Unmarshal(lines.Bytes(), &rules); err != nil {
				return nil, err
			}
			continue
		}
		line := &answer{}
		if err := json.Unmarshal(lines.Bytes(), line); err != nil {
			return nil, err
		}
		for _, job := range line.Jobs {
			for _, field := range ruled {
				places, _ := job[field].([]any)
				for i, place := range places {
					at, _ := place.(float64)
					if int(at) >= len(rules.Rules) {
						return nil, fmt.Errorf("case %q: there is no rule %v", line.Case, at)
					}
					places[i] = rules.Rules[int(at)]
				}
			}
		}
		known[line.Case] = append(known[line.Case], line)
	}
	return known, lines.Err()
}

// write puts the lines into the file; afterwards their rules are places.
func write(path string, lines []*answer) error {
	rules, places := table{}, map[string]int{}
	for _, line := range lines {
		for _, job := range line.Jobs {
			for _, field := range ruled {
				list, _ := job[field].([]any)
				for i, rule := range list {
					text, err := json.Marshal(rule)
					if err != nil {
						return err
					}
					place, found := places[string(text)]
					if !found {
						place = len(rules.Rules)
						places[string(text)] = place
						rules.Rules = append(rules.Rules, rule)
					}
					list[i] = place
				}
			}
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(rules); err != nil {
		return err
	}
	for _, line := range lines {
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}
