// Package corpus puts cases before one version of prometheus-operator and keeps what it answers.
//
// It knows nothing of the operator's types, so that all versions share it: each gives Record a function that takes one
// Case and returns the configuration which the operator's own generator writes for it.
package corpus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Case is one server with the monitors that it selects.
type Case struct {
	Name string
	// Kubernetes is the minor version of the cluster (30 for 1.30).
	Kubernetes int
	// Features are the operator's feature gates that are on.
	Features []string
	Server   Object
	Objects  []Object
	// Additional is the text that spec.additionalScrapeConfigs points at; empty without.
	Additional string
	// Refusals tells that of the answer only the error is kept.
	Refusals bool
}

// Object is anything with a kind, still as JSON.
type Object struct {
	Kind string
	// Key is namespace/name.
	Key  string
	JSON []byte
	// Unknown is the first field that this operator's types lack; known once the object is read.
	Unknown string
}

// Enabled tells whether the feature gate is on.
func (c *Case) Enabled(gate string) bool {
	for _, feature := range c.Features {
		if feature == gate {
			return true
		}
	}
	return false
}

// Of are the objects of a kind, by namespace/name. One that cannot be read ends the case with that error.
func Of[T any](c *Case, kind string) map[string]*T {
	all := map[string]*T{}
	for i := range c.Objects {
		if c.Objects[i].Kind == kind {
			all[c.Objects[i].Key] = Read[T](&c.Objects[i])
		}
	}
	return all
}

// Has tells whether the server or a monitor is of the kind.
func (c *Case) Has(kind string) bool {
	for _, o := range c.Objects {
		if o.Kind == kind {
			return true
		}
	}
	return c.Server.Kind == kind
}

// Read reads the object into one of the operator's types. A field that this version does not know is left out, as the
// API server would have pruned it, and the first one is remembered. What cannot be read ends the case with that error.
func Read[T any](o *Object) *T {
	strict, into := json.NewDecoder(bytes.NewReader(o.JSON)), new(T)
	strict.DisallowUnknownFields()
	err := strict.Decode(into)
	if err == nil {
		return into
	}
	if name, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
		o.Unknown = strings.Trim(name, `"`)
		// The strict decoder leaves the rest of the object unread where it stops, so all is read again.
		into = new(T)
		err = json.Unmarshal(o.JSON, into)
	}
	Check(err)
	return into
}

// refusal is an error on its way out of a case.
type refusal struct{ error }

// Check ends the case if there is an error.
func Check(err error) {
	if err != nil {
		panic(refusal{err})
	}
}

// Must is the value; an error ends the case.
func Must[T any](value T, err error) T {
	Check(err)
	return value
}

// minor is the 30 of "1.30".
func minor(kubernetes string) (int, error) {
	text, found := strings.CutPrefix(kubernetes, "1.")
	if !found {
		return 0, fmt.Errorf("kubernetes: %q is not 1.<minor>", kubernetes)
	}
	return strconv.Atoi(text)
}

func object(value map[string]any) (Object, error) {
	kind, _ := value["kind"].(string)
	if kind == "" {
		return Object{}, fmt.Errorf("an object has no kind")
	}
	metadata, _ := value["metadata"].(map[string]any)
	text, err := json.Marshal(value)
	return Object{Kind: kind, Key: fmt.Sprintf("%v/%v", metadata["namespace"], metadata["name"]), JSON: text}, err
}

// read takes the cases from the corpus file.
func read(path string) ([]Case, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Kubernetes string
		Refusals   bool
		Shared     []map[string]any
		Cases      []struct {
			Name       string
			Kubernetes string
			Features   []string
			Server     map[string]any
			Objects    []map[string]any
			Additional string
			// Kind, Version and Spec stand for Server and Objects where only refusals are recorded.
			Kind, Version string
			Spec          map[string]any
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	pem, err := pair()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var cases []Case
	for _, written := range file.Cases {
		if seen[written.Name] {
			return nil, fmt.Errorf("two cases are called %q", written.Name)
		}
		seen[written.Name] = true
		if written.Kubernetes == "" {
			written.Kubernetes = file.Kubernetes
		}
		if written.Spec != nil {
			written.Server = short("v1", "Prometheus", "monitoring", "k8s", map[string]any{
				"version": written.Version, "scrapeInterval": "30s", "scrapeClasses": []any{map[string]any{"name": "known"}},
			})
			version := map[string]string{"ScrapeConfig": "v1alpha1"}[written.Kind]
			if version == "" {
				version = "v1"
			}
			monitor := short(version, written.Kind, "shop", "cart", written.Spec)
			written.Objects = append([]map[string]any{monitor}, file.Shared...)
		}
		c := Case{Name: written.Name, Features: written.Features, Additional: written.Additional, Refusals: file.Refusals}
		if c.Kubernetes, err = minor(written.Kubernetes); err != nil {
			return nil, fmt.Errorf("case %q: %w", c.Name, err)
		}
		if c.Server, err = object(written.Server); err != nil {
			return nil, fmt.Errorf("case %q: server: %w", c.Name, err)
		}
		for _, value := range written.Objects {
			fill(value, pem)
			o, err := object(value)
			if err != nil {
				return nil, fmt.Errorf("case %q: %w", c.Name, err)
			}
			c.Objects = append(c.Objects, o)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// short is an object of the operator's group.
func short(version, kind, namespace, name string, spec map[string]any) map[string]any {
	return map[string]any{
		"apiVersion": "monitoring.coreos.com/" + version, "kind": kind,
		"metadata": map[string]any{"namespace": namespace, "name": name}, "spec": spec,
	}
}

// Place is the name by which old versions keep the credentials of a monitor's endpoint.
func Place(namespace, name string, endpoint int) string {
	return fmt.Sprintf("%s/%s/%d", namespace, name, endpoint)
}
