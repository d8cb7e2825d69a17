package corpus

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"slices"
)

// Most of an answer are relabeling rules, and most rules come again and again. So the first line of the file holds
// each rule once, and the jobs name them by their place in it, from 0.

// ruled are the fields of a job that hold rules.
var ruled = []string{"relabel_configs", "metric_relabel_configs"}

// table is the first line.
type table struct {
	Rules []any `json:"rules"`
}

// rules are those of all jobs, or what stands for them, to be read and replaced.
func (a *answer) rules() iter.Seq[*any] {
	return func(yield func(*any) bool) {
		for _, job := range a.Jobs {
			for _, field := range ruled {
				list, _ := job[field].([]any)
				for i := range list {
					if !yield(&list[i]) {
						return
					}
				}
			}
		}
	}
}

// written is the same text for the same rule.
func written(rule any) string {
	text, _ := json.Marshal(rule)
	return string(text)
}

// answers are the recorded lines by case, in file order, and the rules of the first line.
func answers(path string) (known map[string][]*answer, rules table, err error) {
	known = map[string][]*answer{}
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return known, rules, nil
	}
	if err != nil {
		return nil, rules, err
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<24)
	for first := true; lines.Scan(); first = false {
		if first {
			if err := json.Unmarshal(lines.Bytes(), &rules); err != nil {
				return nil, rules, err
			}
			continue
		}
		line := &answer{}
		if err := json.Unmarshal(lines.Bytes(), line); err != nil {
			return nil, rules, err
		}
		for rule := range line.rules() {
			place, _ := (*rule).(float64)
			if int(place) >= len(rules.Rules) {
				return nil, rules, fmt.Errorf("case %q: there is no rule %v", line.Case, place)
			}
			*rule = rules.Rules[int(place)]
		}
		known[line.Case] = append(known[line.Case], line)
	}
	return known, rules, lines.Err()
}

// write puts the lines into the file; afterwards their rules are places. A rule that is still used keeps its place, so
// that lines which did not change look unchanged.
func write(path string, rules table, lines []*answer) error {
	used := map[string]any{}
	var order []string
	for _, line := range lines {
		for rule := range line.rules() {
			text := written(*rule)
			if _, found := used[text]; !found {
				order = append(order, text)
			}
			used[text] = *rule
		}
	}
	places := map[string]int{}
	var free []int
	for place, rule := range rules.Rules {
		if text := written(rule); used[text] != nil {
			places[text] = place
		} else {
			free = append(free, place)
		}
	}
	for _, text := range order {
		if _, found := places[text]; found {
			continue
		}
		if len(free) > 0 {
			places[text], free = free[0], free[1:]
		} else {
			places[text] = len(rules.Rules)
			rules.Rules = append(rules.Rules, nil)
		}
		rules.Rules[places[text]] = used[text]
	}
	// What is still free is filled from the end.
	for len(free) > 0 {
		last := len(rules.Rules) - 1
		if at := slices.Index(free, last); at >= 0 {
			free = slices.Delete(free, at, at+1)
		} else {
			rules.Rules[free[0]] = rules.Rules[last]
			places[written(rules.Rules[last])], free = free[0], free[1:]
		}
		rules.Rules = rules.Rules[:last]
	}
	for _, line := range lines {
		for rule := range line.rules() {
			*rule = places[written(*rule)]
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
