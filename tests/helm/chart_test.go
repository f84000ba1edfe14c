// SPDX-License-Identifier: Apache-2.0

// Package helm tests the chart helm/sluice: what it renders, what it refuses, and that the gateway
// takes the configuration that comes out of it. `go test -update` writes the golden files.
package helm

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

const (
	root   = "../.."
	folder = root + "/helm/sluice"
)

// values is a tree as Helm reads it from a file: every number is a float64.
type values = map[string]any

func parse(t *testing.T, text string) values {
	t.Helper()
	tree := values{}
	if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

func load(t *testing.T, path string) *chart.Chart {
	t.Helper()
	loaded, err := loader.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// renderChart does what `helm template` does: conditions, defaults, the schema, the templates.
func renderChart(loaded *chart.Chart, given values) (map[string]string, error) {
	if err := chartutil.ProcessDependenciesWithMerge(loaded, given); err != nil {
		return nil, err
	}
	release := chartutil.ReleaseOptions{Name: "edge", Namespace: "chat", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(loaded, given, release, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.Render(loaded, all)
}

func render(t *testing.T, text string) objects {
	t.Helper()
	rendered, err := renderChart(load(t, folder), parse(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return split(t, rendered)
}

// refused renders what must be refused, and returns why it was.
func refused(t *testing.T, text string) string {
	t.Helper()
	_, err := renderChart(load(t, folder), parse(t, text))
	if err == nil {
		t.Fatalf("was rendered:\n%s", text)
	}
	return err.Error()
}

// object is one of Kubernetes, as text and as a tree.
type object struct {
	text string
	tree values
}

type objects []object

func split(t *testing.T, rendered map[string]string) objects {
	t.Helper()
	var names []string
	for name := range rendered {
		if strings.HasSuffix(name, ".yaml") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var all objects
	for _, name := range names {
		reader := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(rendered[name])))
		for {
			document, err := reader.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			tree := values{}
			if err := yaml.UnmarshalStrict(document, &tree); err != nil {
				t.Fatalf("%s: %v\n%s", name, err, document)
			}
			if len(tree) > 0 {
				all = append(all, object{string(bytes.TrimSpace(document)) + "\n", tree})
			}
		}
	}
	return all
}

func (o object) kind() string { return o.str("kind") }
func (o object) name() string { return o.str("metadata", "name") }

func (o object) str(path ...string) string {
	text, _ := at(o.tree, path...).(string)
	return text
}

// at walks down maps, and into a list by its first entry.
func at(tree any, path ...string) any {
	for _, key := range path {
		if list, ok := tree.([]any); ok && len(list) > 0 {
			tree = list[0]
		}
		node, ok := tree.(values)
		if !ok {
			return nil
		}
		tree = node[key]
	}
	return tree
}

// of returns the object of the kind and name; "" is any name.
func (all objects) of(t *testing.T, kind, name string) object {
	t.Helper()
	found, ok := all.find(kind, name)
	if !ok {
		t.Fatalf("no %s %s is rendered", kind, name)
	}
	return found
}

func (all objects) find(kind, name string) (object, bool) {
	for _, one := range all {
		if one.kind() == kind && (name == "" || one.name() == name) {
			return one, true
		}
	}
	return object{}, false
}

// sets are the names of the value sets under testdata/values.
func sets(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/values/*.yaml")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d value sets: %v", len(files), err)
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".yaml"))
	}
	return names
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// eachSet runs a test on what each value set renders.
func eachSet(t *testing.T, test func(t *testing.T, name string, all objects)) {
	for _, name := range sets(t) {
		t.Run(name, func(t *testing.T) {
			test(t, name, render(t, read(t, "testdata/values/"+name+".yaml")))
		})
	}
}
