package corpus

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// answer is one line of the answers: what one or more operators said to a case.
type answer struct {
	Case string `json:"case"`
	// Operators are the versions that say the same.
	Operators []string `json:"operators"`
	// Unknown are the first fields of each object that these versions lack and so ignore.
	Unknown []string `json:"unknown,omitempty"`
	// Error is why there is no configuration: the operator refused the server or one of the monitors.
	Error string `json:"error,omitempty"`
	// Jobs are the `scrape_configs`; nil if there is an error.
	Jobs []map[string]any `json:"scrape_configs,omitzero"`
}

// said is all of the answer but who gave it.
func (a *answer) said() string {
	jobs, _ := json.Marshal(a.Jobs)
	return a.Error + "\n" + strings.Join(a.Unknown, ",") + "\n" + string(jobs)
}

// Operator is one version of it.
type Operator struct {
	// Version without a v.
	Version string
	// Lacks are the kinds that it does not know; cases with them are left out.
	Lacks []string
	// Answer is the configuration that it generates. Every monitor of the case counts as selected.
	Answer func(*Case) []byte
}

// Record asks the operator about each case of the corpus (the first argument of the program) and puts what it answers
// into the answers (the second) in place of what the same version answered before.
func Record(operator Operator) {
	if err := record(&operator, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "recorder:", err)
		os.Exit(1)
	}
}

func record(operator *Operator, from, to string) error {
	cases, err := read(from)
	if err != nil {
		return err
	}
	known, rules, err := answers(to)
	if err != nil {
		return err
	}
	var all []*answer
	recorded, failed := 0, 0
	for i := range cases {
		c := &cases[i]
		lines := without(known[c.Name], operator.Version)
		if !slices.ContainsFunc(operator.Lacks, c.Has) {
			text, err := ask(operator, c)
			given, err := given(c, text, err)
			if err != nil {
				return fmt.Errorf("case %q: %w", c.Name, err)
			}
			recorded++
			if given.Error != "" {
				failed++
				fmt.Fprintf(os.Stderr, "%s: %s: %s\n", operator.Version, c.Name, given.Error)
			}
			lines = with(lines, operator.Version, given)
		}
		all = append(all, lines...)
	}
	fmt.Fprintf(os.Stderr, "%s: %d cases, %d of them refused\n", operator.Version, recorded, failed)
	return write(to, rules, all)
}

// ask takes a panic of the operator for its answer.
func ask(operator *Operator, c *Case) (text []byte, err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case refusal:
			err = cause.error
		default:
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return operator.Answer(c), nil
}

// given is the answer to a case, in a form in which equal answers have equal text.
func given(c *Case, text []byte, refused error) (*answer, error) {
	a := &answer{Case: c.Name}
	for _, o := range append([]Object{c.Server}, c.Objects...) {
		if o.Unknown != "" && !slices.Contains(a.Unknown, o.Unknown) {
			a.Unknown = append(a.Unknown, o.Unknown)
		}
	}
	if refused != nil {
		a.Error = refused.Error()
		return a, nil
	}
	if c.Refusals {
		return a, nil
	}
	var configuration struct {
		Jobs []map[string]any `yaml:"scrape_configs"`
	}
	if err := yaml.Unmarshal(text, &configuration); err != nil {
		return nil, err
	}
	a.Jobs = configuration.Jobs
	if a.Jobs == nil {
		a.Jobs = []map[string]any{}
	}
	return a, nil
}

// without are the lines as if the operator had never been asked.
func without(lines []*answer, operator string) []*answer {
	var left []*answer
	for _, line := range lines {
		line.Operators = slices.DeleteFunc(line.Operators, func(version string) bool { return version == operator })
		if len(line.Operators) > 0 {
			left = append(left, line)
		}
	}
	return left
}

// with adds the operator to the line that says the same, or a line; newest operators come first.
func with(lines []*answer, operator string, given *answer) []*answer {
	same := slices.IndexFunc(lines, func(line *answer) bool { return line.said() == given.said() })
	if same < 0 {
		same = len(lines)
		lines = append(lines, given)
	}
	lines[same].Operators = append(lines[same].Operators, operator)
	sort.Slice(lines[same].Operators, func(i, j int) bool { return newer(lines[same].Operators[i], lines[same].Operators[j]) })
	sort.SliceStable(lines, func(i, j int) bool { return newer(lines[i].Operators[0], lines[j].Operators[0]) })
	return lines
}

// newer orders versions by their numbers.
func newer(a, b string) bool {
	left, right := strings.Split(a, "."), strings.Split(b, ".")
	for i := range left {
		if i >= len(right) {
			return true
		}
		x, _ := strconv.Atoi(left[i])
		y, _ := strconv.Atoi(right[i])
		if x != y {
			return x > y
		}
	}
	return false
}
